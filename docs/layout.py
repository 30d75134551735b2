"""Look for what is cut off on the pages of the documentation, in a headless browser.

    python -m sphinx -b html docs site
    python docs/layout.py site

At 1280 pixels, code and tables must fit. At 390 pixels, as on a telephone, they may scroll, but the page must
not. What a program has printed may scroll in any case. Prints each fault, and ends with exit code 1 if there is
one. Without a browser (chromium) it prints that nothing was checked.
"""

import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

BROWSERS = ("chromium", "google-chrome", "chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom")
WIDTHS = (1280, 390)
SECONDS = 300
# Loads page after page into a frame, and writes what is too wide into its own body.
HARNESS = """<!doctype html><body><script>
const pages = PAGES, widths = WIDTHS, faults = [];
function tooWide(page, width, text) {
  faults.push(`${page}, ${width} pixels: ${text}`);
}
async function look(page, width) {
  const frame = document.createElement("iframe");
  frame.style = `width: ${width}px; height: 900px; border: 0`;
  frame.src = page;
  document.body.append(frame);
  await new Promise(resolve => { frame.onload = resolve; });
  const inside = frame.contentDocument, root = inside.documentElement;
  for (const folded of inside.querySelectorAll("details")) folded.open = true;
  if (root.scrollWidth > width + 1)
    tooWide(page, width, `the page is ${root.scrollWidth} pixels wide`);
  if (width > 600) {
    for (const code of inside.querySelectorAll("article .highlight pre"))
      if (code.scrollWidth > code.clientWidth + 1 && !code.closest(".sphx-glr-script-out"))
        tooWide(page, width, `code: ${longest(code)}`);
    for (const table of inside.querySelectorAll("article table"))
      if (table.parentElement.scrollWidth > table.parentElement.clientWidth + 1)
        tooWide(page, width, `table: ${table.innerText.slice(0, 60).replace(/\\s+/g, " ")}`);
  }
  frame.remove();
}
function longest(code) {
  return code.innerText.split("\\n").reduce((a, b) => a.length >= b.length ? a : b).trim();
}
(async () => {
  for (const page of pages) for (const width of widths) await look(page, width);
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(faults);
  document.body.replaceChildren(result);
})();
</script></body>
"""


def main(site):
    """Check all pages of a built site."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(
            "layout: not checked, since there is no browser (chromium) on the PATH"
        )
        return 0
    pages = sorted(
        str(path.relative_to(site)) for path in site.rglob("*.html")
    )
    pages = [
        page
        for page in pages
        if not page.startswith(("_", "genindex", "search"))
    ]
    faults = faults_of(browser, site, pages)
    print(
        *faults, f"layout: {len(pages)} pages, {len(faults)} faults", sep="\n"
    )
    return int(bool(faults))


def faults_of(browser, site, pages):
    """Return what is cut off, a line for each."""
    harness = HARNESS.replace("PAGES", json.dumps(pages)).replace(
        "WIDTHS", str(list(WIDTHS))
    )
    (site / "_layout.html").write_text(harness)
    handler = functools.partial(SilentHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/_layout.html"
        shown = subprocess.run(
            [
                browser,
                *OPTIONS,
                f"--virtual-time-budget={1000 * SECONDS}",
                url,
            ],
            capture_output=True,
            text=True,
            timeout=2 * SECONDS,
        ).stdout
        server.shutdown()
    (site / "_layout.html").unlink()
    result = re.search(r'<pre id="result">(.*?)</pre>', shown, re.DOTALL)
    return (
        json.loads(html.unescape(result[1]))
        if result
        else ["the browser did not finish"]
    )


class SilentHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and logs nothing."""

    def log_message(self, *args):
        """Log nothing."""


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
