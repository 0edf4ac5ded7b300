"""A digest as an HTML page for the operator: what a server would get next."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

from db.digests import Picked
from lessons.curriculum import Curriculum
from workers.papers.latex import readable

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5b6478; --line: #dfe3ec; --paper: #ffffff; --ground: #f4f5f9;
  --accent: #4752c4; --tint: #eceefc; --wild: #8a4b08; --wild-tint: #fdf1df; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9f0; --soft: #a3abbe; --line: #343949; --paper: #1f222c;
  --ground: #16181f; --accent: #a5aefc; --tint: #2a2f4d; --wild: #f3bd77; --wild-tint: #3d2f1b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 17px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
.about { color: var(--soft); margin: 0 0 2.2rem; }
ol { list-style: none; margin: 0; padding: 0; }
li { background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 1.3rem 1.5rem 1.2rem;
  margin: 0 0 1rem; }
.why { display: inline-block; font-size: .82rem; font-weight: 600; color: var(--accent); background: var(--tint);
  border-radius: 99px; padding: .12rem .75rem; margin: 0 0 .6rem; overflow-wrap: anywhere; }
.wild .why { color: var(--wild); background: var(--wild-tint); }
h2 { font-size: 1.18rem; line-height: 1.35; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 a { color: inherit; text-decoration: none; }
h2 a:hover, h2 a:focus { color: var(--accent); text-decoration: underline; }
.number { color: var(--soft); font-weight: 400; margin-right: .45rem; }
.by { color: var(--soft); font-size: .92rem; margin: 0 0 .7rem; }
.summary { margin: 0 0 .7rem; overflow-wrap: anywhere; }
.tags { color: var(--soft); font-size: .82rem; margin: 0; }
details { margin: 0 0 .7rem; } summary { cursor: pointer; color: var(--soft); font-size: .88rem; }
details p { margin: .4rem 0 0; font-size: .95rem; overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: .85rem; margin-top: 2rem; }
@media (max-width: 30rem) { body { font-size: 16px; } main { padding-top: 1.5rem; } li { padding: 1rem 1.1rem; } }
"""


def page(picked: Sequence[Picked], curriculum: Curriculum, *, server: str, due: datetime, out_of: int) -> str:
    """The whole page. Every text comes from outside, and is escaped.

    Args:
        picked: The papers, in order.
        curriculum: For the names of topics.
        server: Whose digest it is, in words.
        due: The day on which it would be sent.
        out_of: Among how many papers they were chosen.
    """
    cards = "\n".join(_card(place, each, curriculum) for place, each in enumerate(picked, start=1))
    if not picked:
        cards = "<li>There is no paper that this server has not seen. Fetch some with <code>waypoint papers ingest"
        cards += "</code>, then <code>waypoint papers rank</code>.</li>"
    many = "paper" if len(picked) == 1 else "papers"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Papers of the week, {due:%d %B %Y}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Papers of the week</h1>
<p class="about">{due:%A, %d %B %Y} · for {escape(server)} · {len(picked)} {many}, chosen from {out_of:,}</p>
<ol>
{cards}
</ol>
<footer>A preview: nothing was sent. Titles and abstracts are arXiv's, under CC0 1.0. Sentences are the authors' own.
Thank you to arXiv for use of its open access interoperability.</footer>
</main>
</body>
</html>
"""


def _card(place: int, picked: Picked, curriculum: Curriculum) -> str:
    paper = picked.paper
    topics = [topic.short_title for topic_id in picked.topic_ids if (topic := curriculum.find(topic_id)) is not None]
    tags = " · ".join(escape(tag) for tag in (*topics, *paper.categories[:4]))
    return f"""<li{' class="wild"' if picked.wildcard else ""}>
<p class="why">{escape(picked.why)}</p>
<h2><span class="number">{place}</span><a href="{escape(paper.url)}" rel="noreferrer">{escape(paper.title)}</a></h2>
<p class="by">{escape(paper.byline)}</p>
<p class="summary">{escape(paper.summary)}</p>
<details><summary>The whole abstract</summary><p>{escape(readable(paper.abstract))}</p></details>
<p class="tags">{tags}</p>
</li>"""
