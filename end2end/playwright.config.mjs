import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defineConfig } from "@playwright/test";

function browser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const tools = fileURLToPath(new URL("../scripts/tools.sh", import.meta.url));
  return execFileSync(tools, ["browser"], { encoding: "utf8" }).trim() || "/usr/bin/chromium";
}

export default defineConfig({
  testDir: "tests",
  testMatch: "*.spec.mjs",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  // What passes only then is printed as flaky, and is to be mended.
  retries: 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["dot"]],
  use: {
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    trace: "off",
    launchOptions: {
      executablePath: browser(),
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
