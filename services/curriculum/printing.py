"""Papers as PDF: HTML of ours through WeasyPrint, with a Chinese font embedded. Nothing is fetched from anywhere."""

from importlib import import_module
from pathlib import Path
from typing import Any

from services.curriculum.refusals import PaperUnavailable

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
STYLE = """
@font-face {{ font-family: "Noto Sans SC"; src: url("{sans}"); }}
@page {{ size: A4; margin: 18mm 16mm; @bottom-right {{ content: counter(page) " / " counter(pages); font: 9pt "Noto Sans SC"; }} }}
body {{ font: 10pt/1.6 "Noto Sans SC"; color: #14202e; }}
h1 {{ font-size: 16pt; text-align: center; margin: 0 0 6mm; }}
h2 {{ font-size: 11.5pt; margin: 6mm 0 2mm; break-after: avoid; }}
table {{ width: 100%; border-collapse: collapse; }}
th, td {{ border: 0.4pt solid #33475b; padding: 1.5mm 2mm; vertical-align: top; text-align: left; }}
th {{ background: #f1f4f7; font-weight: normal; }}
td.n, th.n {{ text-align: right; white-space: nowrap; }}
td.k, th.k {{ white-space: nowrap; }} td.long {{ overflow-wrap: anywhere; }}
ul {{ margin: 1mm 0 0; padding-left: 5mm; }}
tr {{ break-inside: avoid; }}
.stamps {{ display: flex; gap: 8mm; margin-top: 8mm; break-inside: avoid; }}
.stamp {{ flex: 1; border: 0.6pt solid #33475b; height: 52mm; padding: 3mm; position: relative; }}
.stamp .seal {{ position: absolute; right: 8mm; bottom: 14mm; width: 30mm; height: 30mm; border: 0.6pt dashed #8a99a8;
  border-radius: 50%; text-align: center; line-height: 30mm; color: #8a99a8; }}
.stamp .signed {{ position: absolute; left: 3mm; bottom: 3mm; }}
.muted {{ color: #5a6c7d; }} .small {{ font-size: 8.5pt; }}
"""


def pdf(body: str) -> bytes:
    """The page as a PDF; one clear line where the system lacks the libraries that draw it."""
    try:
        weasyprint: Any = import_module("weasyprint")  # loaded only where a paper is made
    except OSError as missing:
        raise PaperUnavailable(f"apt-get install {PACKAGES}") from missing
    sans: Path = import_module("pylopdf_fonts_zh_cn").sans_path()
    style = STYLE.format(sans=sans.as_uri())
    allowed = sans.as_uri()

    class OnlyTheFont(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url != allowed:
                raise ValueError(f"a paper fetches nothing but its font, not {url}")
            return super().fetch(url, headers)

    html = f'<!doctype html><html><meta charset="utf-8"><style>{style}</style><body>{body}</body></html>'
    made: bytes = weasyprint.HTML(string=html, url_fetcher=OnlyTheFont()).write_pdf()
    return made
