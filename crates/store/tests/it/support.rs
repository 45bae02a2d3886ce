//! A database of one's own.

use store::Store;
use tempfile::TempDir;

pub struct House {
    pub store: Store,
    folder: TempDir,
}

impl House {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&address(&folder)).await.unwrap();
        Self { store, folder }
    }

    /// Where the file is.
    pub fn address(&self) -> String {
        address(&self.folder)
    }

    /// The same file, opened again.
    pub async fn again(&self) -> Store {
        Store::open(&address(&self.folder)).await.unwrap()
    }
}

fn address(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("console.db").display())
}
