"""An exam on paper: the form for the candidate and the key for who marks it, as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from exams.blueprints.paper.bidi import in_order_of_sight
from exams.blueprints.paper.text import BOLD, GREY, SIZE, TEXT, blocks, drawable, labelled, plain, style, use_fonts
from questions.kinds import OnPaper

MARGIN = 20 * mm
PADDING = 6  # that a frame has on each side
WIDTH = A4[0] - 2 * MARGIN - 2 * PADDING
INDENT = 9 * mm
ANSWER_COLUMNS = 4


@dataclass(frozen=True)
class PrintedOption:
    """Texts are HTML of `questions.rendering`. `right` says what stands in the box of who knows: "✓", a number, ""."""

    letter: str
    text: str
    right: str
    rationale: str


@dataclass(frozen=True)
class PrintedQuestion:
    """A question with its options in the order of the paper; `how` is what its kind says of the paper."""

    position: int
    how: OnPaper
    code: str
    task: str
    is_scored: bool
    case: str
    stem: str
    options: Sequence[PrintedOption]
    explanations: Sequence[str]
    references: Sequence[str]

    @property
    def answer(self) -> str:
        """The right answer in one line: “B”, “A, C”, “A2, B1”."""
        return self.how.answer


@dataclass(frozen=True)
class Paper:
    """`edition` is the same on a form and on its key if they were printed from the same texts in the same order."""

    title: str
    form: str
    edition: str
    minutes: int
    questions: Sequence[PrintedQuestion]

    @property
    def name(self) -> str:
        return _("%(title)s · %(form)s · edition %(edition)s") % {
            "title": self.title,
            "form": self.form,
            "edition": self.edition,
        }


def form_pdf(paper: Paper) -> bytes:
    """Return the paper that candidates get: no key, nothing that tells it, and not which questions are unscored."""
    story: list[Flowable] = [*_heading(paper, paper.title), *_for_the_candidate(paper)]
    for question in paper.questions:
        story += [KeepTogether(_numbered(question, _asked(question, is_key=False))), Spacer(0, 4 * mm)]
    return _pdf(paper, paper.title, story)


def key_pdf(paper: Paper) -> bytes:
    """Return the key: the answers in one table, then every question with what is right and why."""
    title = _("Key: %(title)s") % {"title": paper.title}
    story: list[Flowable] = [*_heading(paper, title), _answer_table(paper), Spacer(0, 6 * mm)]
    for question in paper.questions:
        shown = [*_asked(question, is_key=True), *_explained(question)]
        story += [CondPageBreak(40 * mm), *_numbered(question, shown), Spacer(0, 4 * mm)]
    return _pdf(paper, title, story)


# --- Parts ----------------------------------------------------------------------------------------------------


def _heading(paper: Paper, title: str) -> list[Flowable]:
    use_fonts()
    return [
        plain(title, WIDTH, style(fontName=BOLD, fontSize=16, leading=20)),
        plain(
            _("%(form)s · edition %(edition)s") % {"form": paper.form, "edition": paper.edition},
            WIDTH,
            style(textColor=GREY, spaceAfter=10),
        ),
    ]


def _for_the_candidate(paper: Paper) -> list[Flowable]:
    name = Table(
        [[_("Name"), "", _("Date"), ""]], colWidths=[16 * mm, WIDTH - 76 * mm, 14 * mm, 46 * mm], hAlign="LEFT"
    )
    name.setStyle(
        [("FONT", (0, 0), (-1, -1), TEXT, SIZE), *(("LINEBELOW", (x, 0), (x, 0), 0.6, "black") for x in (1, 3))]
    )
    count = len(paper.questions)
    rules = ngettext(
        "%(count)d question, %(minutes)d minutes. Mark the circle of the one right answer; where there are boxes, "
        "more than one answer is right. A question counts only if its whole answer is right. A blank counts as wrong "
        "and a guess costs nothing, so answer every question.",
        "%(count)d questions, %(minutes)d minutes. Mark the circle of the one right answer; where there are boxes, "
        "more than one answer is right. A question counts only if its whole answer is right. A blank counts as wrong "
        "and a guess costs nothing, so answer every question.",
        count,
    ) % {"count": count, "minutes": paper.minutes}
    return [name, Spacer(0, 5 * mm), Paragraph(rules, style(spaceAfter=14))]


def _numbered(question: PrintedQuestion, content: Sequence[Flowable]) -> list[Flowable]:
    return [labelled(str(question.position), content, indent=INDENT)]


def _asked(question: PrintedQuestion, *, is_key: bool) -> list[Flowable]:
    parts = blocks(question.case, WIDTH - INDENT, style(textColor=GREY)) if question.case else []
    parts += blocks(question.stem, WIDTH - INDENT)
    how = question.how
    if how.direction:
        parts.append(Paragraph(escape(how.direction), style(textColor=GREY)))
    if how.line:
        parts += [Spacer(0, 3 * mm), plain(how.line, WIDTH - INDENT, style())]
    for number, match in enumerate(how.matches, start=1):
        parts += [labelled(f"{number}.", blocks(match, WIDTH - 2 * INDENT), indent=INDENT)]
    indent = how.indent * mm
    for option in question.options:
        content = blocks(option.text, WIDTH - INDENT - indent)
        if is_key:
            content += blocks(option.rationale, WIDTH - INDENT - indent, style(textColor=GREY))
        box = (option.right or "–") if is_key else how.box
        parts += [Spacer(0, 1 * mm), labelled(f"{box} {option.letter}", content, indent=indent)]
    return parts


def _explained(question: PrintedQuestion) -> list[Flowable]:
    parts = [question.code, question.task, *([] if question.is_scored else [_("unscored")])]
    about = " · ".join(parts)
    answer = _("Answer: %(answer)s") % {"answer": question.answer}
    return [
        Spacer(0, 1 * mm),
        Paragraph(f"<b>{escape(answer)}</b>", style()),
        *(block for text in question.explanations for block in blocks(text, WIDTH - INDENT)),
        *(plain(reference, WIDTH - INDENT, style(textColor=GREY)) for reference in question.references),
        plain(about, WIDTH - INDENT, style(textColor=GREY)),
    ]


def _said(question: PrintedQuestion) -> str:
    if question.is_scored:
        return question.answer
    return _("%(answer)s (unscored)") % {"answer": question.answer}


def _answer_table(paper: Paper) -> Flowable:
    """Position and answer, read column by column."""
    cells = [
        Paragraph(f"<b>{question.position}</b> {escape(_said(question))}", style()) for question in paper.questions
    ]
    height = -(-len(cells) // ANSWER_COLUMNS)
    columns = [cells[start : start + height] for start in range(0, len(cells), height)]
    rows = [[column[row] if row < len(column) else "" for column in columns] for row in range(height)]
    table = Table(rows, colWidths=[WIDTH / ANSWER_COLUMNS] * len(columns), hAlign="LEFT")
    table.setStyle([("BOX", (0, 0), (-1, -1), 0.4, GREY), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return table


# --- The document -----------------------------------------------------------------------------------------------


class _NumberedCanvas(Canvas):
    """Draws “page 3 of 12” once it is known how many there are."""

    def __init__(self, *args: Any, footer: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # ReportLab's name for the end of a page
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # as the canvas does itself; the stubs leave it out

    def save(self) -> None:
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont(TEXT, 8)
            self.setFillColor(GREY)
            self.drawString(MARGIN + PADDING, MARGIN / 2, self._footer)
            self.drawRightString(
                A4[0] - MARGIN - PADDING,
                MARGIN / 2,
                _("page %(number)s of %(total)s") % {"number": number, "total": len(self._pages)},
            )
            super().showPage()
        super().save()


def _pdf(paper: Paper, title: str, story: list[Flowable]) -> bytes:
    use_fonts()
    out = BytesIO()
    # `invariant`: no clock in the file, so the same paper is the same bytes.
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=f"{title}, {paper.form}", lang=get_language() or "en", invariant=1,
    )  # fmt: skip
    document.build(story, canvasmaker=partial(_NumberedCanvas, footer=in_order_of_sight(drawable(paper.name), "L")))
    return out.getvalue()
