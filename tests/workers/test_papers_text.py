"""Titles, names and summaries read as if a person had typed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.papers.latex import readable
from workers.papers.names import split_authors
from workers.papers.summary import LONGEST, sentences, summarise


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"A Poincar\'e Inequality", "A Poincaré Inequality"),
        (r"Removing the $\ln\ln T$ Term", "Removing the ln ln T Term"),
        (r"Optimal convex $M$-estimation", "Optimal convex M-estimation"),
        (r"In $\mathcal{O}(n^3)$ time and $O(n^{-1/2})$", "In O(n³) time and O(n^(-1/2))"),
        (r"The $\epsilon_t$-greedy rule in $\mathbb{R}^d$", "The ϵₜ-greedy rule in ℝᵈ"),
        (r"Language Rectified Flow (\ours) calls \texttt{fit()} once", "Language Rectified Flow calls fit() once"),
        (r"\emph{Attention} is 10\% of {GPT}-4", "Attention is 10% of GPT-4"),
        ("Kiefer--Wolfowitz, ``quoted''", "Kiefer–Wolfowitz, “quoted”"),
        ("It costs $800 per sample, not $900", "It costs $800 per sample, not $900"),
        ("10% better & ~5x faster, a_b ^ c #1", "10% better & ~5x faster, a_b ^ c #1"),
        (r"10% of \textbf{all} & ~5x", "10% of all & ~5x"),
        ("if a < b\n  then c", "if a < b then c"),
        (r"$100\%$ of $p<0.05$", "100% of p<0.05"),
    ],
)
def test_tex_becomes_text_and_text_stays_text(tex: str, text: str) -> None:
    assert readable(tex) == text


@given(st.text(alphabet=st.sampled_from(list("ab {}\\$^_~%&#'\"(),[]\n")), max_size=60))
def test_no_broken_tex_breaks_a_feed(text: str) -> None:
    assert "\n" not in readable(text)


def test_deeply_nested_braces_do_no_harm() -> None:
    assert readable("{" * 5_000)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Ada Lovelace, Alan Turing", ("Ada Lovelace", "Alan Turing")),
        (r"Eduardo Garc\'ia-Portugu\'es, Jakob Knollm\"uller", ("Eduardo García-Portugués", "Jakob Knollmüller")),
        (r"\'Etienne Marcotte, {\O}ystein \v{C}ech", ("Étienne Marcotte", "Øystein Čech")),
        ("Ada Lovelace (MIT, Cambridge), Alan Turing (1 and 2)", ("Ada Lovelace", "Alan Turing")),
        ("A B (C (D, E), F), G H", ("A B", "G H")),
        ("Sammy Davis, Jr., Henry VIII", ("Sammy Davis, Jr.", "Henry VIII")),
        ("Ada Lovelace (MIT, Alan Turing", ("Ada Lovelace (MIT", "Alan Turing")),
        ("", ()),
        (" , ,", ()),
    ],
)
def test_authors_are_told_apart(line: str, names: tuple[str, ...]) -> None:
    assert split_authors(line) == names


ABSTRACT = (
    "Deep networks are used everywhere, e.g. in phones. However, they are slow. "
    "In this paper we propose a small network for phones that keeps the accuracy of deep networks. "
    "To this end, layers are merged. This is done once. Experiments on 3.5 million pictures by Smith et al. show that "
    "our network is 4.2 times faster than other networks at the same accuracy. Code is at https://example.org."
)


def test_a_summary_says_what_is_proposed_and_what_came_out_in_the_authors_words() -> None:
    summary = summarise(ABSTRACT)
    assert "we propose a small network for phones" in summary
    assert "4.2 times faster" in summary
    assert "https://" not in summary
    assert "To this end" not in summary
    assert all(sentence in ABSTRACT for sentence in sentences(summary))
    assert 2 <= len(sentences(summary)) <= 3


def test_a_sentence_that_leans_on_another_comes_with_it_or_not_at_all() -> None:
    text = (
        "Kernel methods need all distances between points. To address this limitation, we propose an approach that "
        "improves manifold regularization with label propagation. Using this matrix, we establish a propagation "
        "function that improves accuracy. We show on four data sets that manifold regularization with our approach "
        "outperforms kernel methods. Moreover, it needs less memory than kernel methods need."
    )
    said = sentences(summarise(text))
    assert said[0].startswith("Kernel methods need all distances")
    assert said[1].startswith("To address this limitation")
    assert not any(each.startswith("Using this matrix") for each in said)


def test_a_sentence_that_fills_this_gap_comes_with_the_gap_or_not_at_all() -> None:
    text = (
        "Autoencoders ignore how tabular data is imbalanced. This paper aims to fill this gap by examining "
        "imbalance in tabular data with autoencoders. We propose a balanced loss for autoencoders on tabular data "
        "that improves accuracy. Experiments on nine tabular data sets show that autoencoders learn rare categories "
        "better."
    )
    said = sentences(summarise(text))
    assert 2 <= len(said) <= 3
    gap = [place for place, each in enumerate(said) if "this gap" in each]
    assert all(place > 0 and said[place - 1].startswith("Autoencoders ignore") for place in gap)


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    assert [sentence[:4] for sentence in sentences(ABSTRACT)] == [
        "Deep",
        "Howe",
        "In t",
        "To t",
        "This",
        "Expe",
        "Code",
    ]


def test_a_short_abstract_is_its_own_summary_and_an_endless_one_is_cut_at_a_word() -> None:
    assert summarise("We prove it. It was open for 20 years.") == "We prove it. It was open for 20 years."
    endless = summarise("word " * 400)
    assert len(endless) <= LONGEST
    assert endless.endswith("word …")


@given(st.text(max_size=900))
def test_whatever_the_abstract_nothing_in_the_summary_is_invented(text: str) -> None:
    joined = " ".join(text.split())
    for sentence in sentences(summarise(joined)):
        assert sentence.removesuffix("…").rstrip() in joined
