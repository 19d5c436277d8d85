"""Pieces of HTML pages which load nothing, run nothing, and take what runs say for text."""

import base64
import html

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { position: sticky; top: 0; background: Canvas; white-space: nowrap; }
td { max-width: 26rem; overflow-wrap: break-word; }
td.number, th.number { text-align: right; white-space: nowrap; }
summary { cursor: pointer; }
.part > summary { padding: .2rem 0; border-bottom: 1px solid var(--line); }
.part > .wide { margin: .3rem 0 1rem 1rem; }
@media (max-width: 60rem) { .wide { overflow-x: auto; } td { max-width: 14rem; } }
tr:hover td { background: var(--soft); }
.note { opacity: .75; margin: .2rem 0; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; font-size: 13px; }
img { max-width: 100%; background: #fff; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Markup(str):
    """What is HTML already."""


def link(target, label):
    """A cell that leads to another page."""
    return Markup(f'<a href="{html.escape(target)}">{html.escape(label)}</a>')


def text(value):
    """HTML of a cell."""
    return value if isinstance(value, Markup) else html.escape(str(value))


def heading(title):
    """Of a part of the page."""
    return f"<h2>{text(title)}</h2>\n"


def paragraph(said, kind=""):
    """A paragraph; `note` is a quiet one."""
    return f'<p class="{kind}">{text(said)}</p>\n'


def folded(label, said):
    """A cell that shows the rest at a click."""
    return Markup(f"<details><summary>{text(label)}</summary>{text(said)}</details>")


def part(label, markup):
    """Markup that is shown at a click."""
    return f'<details class="part"><summary>{text(label)}</summary>{markup}</details>\n'


def preformatted(said):
    """As in a terminal."""
    return f"<pre>{text(said)}</pre>\n"


def picture(svg, about):
    """A picture, which runs nothing there."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<p><img alt="{html.escape(about)}" src="data:image/svg+xml;base64,{data}"></p>\n'


def table(headings, rows, numbers_from=None):
    """A table; columns from this one on have numbers, those that are empty all over are left out."""
    kept = [i for i in range(len(headings)) if any(row[i] != "" for row in rows)]

    def line(tag, cells):
        classes = {i: ' class="number"' if numbers_from is not None and i >= numbers_from else "" for i in kept}
        return "<tr>" + "".join(f"<{tag}{classes[i]}>{text(cells[i])}</{tag}>" for i in kept) + "</tr>\n"

    return (f'<div class="wide"><table>\n<thead>{line("th", headings)}</thead>\n<tbody>\n'
            f'{"".join(line("td", row) for row in rows)}</tbody></table></div>\n')


def whole(title, body):
    """The page."""
    return (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{text(title)}</h1>\n"
            f'{"".join(body)}</body>\n</html>\n')
