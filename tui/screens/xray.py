"""One item in full, and what instruments find of it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from engine.analysis.pooled import largest_alike, pooled
from engine.methods.recipes import parse_recipe
from engine.records.instruments.along import AlongFinding
from engine.records.instruments.fork import Fork, ForkFinding
from engine.records.instruments.instrument import Finding, Instrument
from engine.records.instruments.patch import Patch
from engine.records.instruments.registry import instruments
from engine.records.instruments.slider import MOST, Slider
from engine.records.recipes import RecipeError
from engine.records.settings import DENSE
from tui.acting import Opening
from tui.actions import SHOW, X_RAY, Action
from tui.drawing.lines import Line
from tui.drawing.probes.labels import Labels
from tui.drawing.probes.page import InstrumentPage, instrument_lines
from tui.drawing.xray_lines import xray_lines
from tui.screens.base import EngineNeeded
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen, PageSheet, TitleBoard
from tui.state.probes import LiveProbe
from tui.state.rows import Row
from tui.state.state import Change
from tui.widgets.boards import KeyBoard
from tui.widgets.tabs import Tab, TabBoard

ITEM = "item"
STEP = 5
"""Per cent that the slider moves by."""


class XRayScreen(PageScreen):
    """Tokens, answers, prompt and record of an item; and a tab for every instrument.

    A tab that is opened for the first time applies its instrument. What it found stays in the run.
    """

    OPENS = Opening(
        InspectScreen,
        "xray",
        "x",
        "x-ray",
        "This item in full, and where in the model its answer sinks.",
        SHOW,
        footer=7,
    )
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("x", f"show('{ITEM}')", ITEM, "Tokens, answers, prompt, record.", X_RAY),
        *(
            Action(kind.key, f"show('{kind.name}')", kind.title, kind.help, X_RAY, footer=place)
            for place, kind in enumerate(instruments().values(), start=1)
        ),
        Action(
            "left,h",
            "move(-1)",
            "less",
            "Move the slider down, or one token back along the answer.",
            X_RAY,
            shown="←",
            priority=True,
        ),
        Action(
            "right,l",
            "move(1)",
            "more",
            "Move the slider up, or one token on along the answer.",
            X_RAY,
            shown="→",
            priority=True,
        ),
        Action(
            "A",
            "apply_to_all",
            "all recognition-only",
            "Apply it to all recognition-only items, for a figure (not slider, not patch).",
            X_RAY,
            footer=8,
        ),
        Action("n", "item(1)", "next item", "Look into the next item in the same way.", X_RAY),
        Action(
            "N",
            "item(-1)",
            "previous item",
            "Look into the item before.",
            X_RAY,
            slug="x-ray-previous",
        ),
        Action("c", "stop", "cancel", "Cancel the instrument that is at work.", X_RAY),
    )

    def __init__(self, host: InspectScreen, row: Row) -> None:
        super().__init__(host.session)
        self._host = host
        self._row = row
        self._variant = host.variant
        self._tab = ITEM
        self._percent = STEP * round((_sparsity_of(self._variant) or 0) / STEP)
        self._step = 0
        self._asked: Instrument | None = None
        self._wanted: dict[str, Instrument] = dict(instruments())

    @classmethod
    def opened_from(cls, host: InspectScreen) -> XRayScreen | None:
        row = host.current_row
        return None if row is None else cls(host, row)

    def compose(self) -> ComposeResult:
        yield TitleBoard()
        yield TabBoard(id="tabs")
        yield PageSheet(id="page")
        yield KeyBoard(id="keys")

    @property
    def item_id(self) -> str:
        """The item that is looked into."""
        return self._row.item.id

    def show_found(self, tab: str) -> bool:
        """Show an instrument's tab if it has found something of the item; nothing is asked for."""
        findings = self.state.found(self.item_id, self._variant, tab)
        if not findings:
            return False
        known = [one.instrument for one in findings]
        if self._wanted[tab] not in known:
            self._wanted[tab] = known[0]
        self._tab = tab
        self.draw(top=True)
        return True

    # -- keys -----------------------------------------------------------------------------------

    async def action_show(self, tab: str) -> None:
        """Show a tab, and apply its instrument where it has found nothing yet.

        The key of the tab that is shown asks for more: the whole curve, the other direction.
        """
        again = tab == self._tab
        if tab == "fork":
            position = self._step if self._tab == "along" else 0
            self._wanted[tab] = Fork(position=position)
        elif tab == "slider":
            self._wanted[tab] = Slider() if again else Slider(percent=self._percent)
        elif tab == "patch" and again:
            shown = self._wanted[tab]
            other = isinstance(shown, Patch) and shown.direction == "suffices"
            self._wanted[tab] = Patch(direction="needed" if other else "suffices")
        self._tab = tab
        self.draw(top=not again)
        await self._apply()

    async def action_move(self, by: int) -> None:
        if self._tab == "slider":
            self._percent = max(0, min(MOST, self._percent + by * STEP))
            self._wanted["slider"] = Slider(percent=self._percent)
            self.draw()
            await self._apply()
        elif self._tab == "along":
            along = self._finding
            steps = len(along.compressed.steps) if isinstance(along, AlongFinding) else 1
            self._step = max(0, min(steps - 1, self._step + by))
            self.draw()

    async def action_item(self, by: int) -> None:
        """Go to another item of the inspector's table."""
        self._host.table.action_move(by)
        row = self._host.current_row
        if row is not None and row.item.id != self.item_id:
            self._row, self._step = row, 0
            self.draw(top=True)
            await self._apply()

    async def action_apply_to_all(self) -> None:
        kind = instruments().get(self._tab)
        if kind is None or not kind.pooled:
            self.notify(f"{self._tab} makes no figure of many items", markup=False, timeout=3)
            return
        ids = self._recognition_only()
        if ids and not self.state.questions.probes(kind.name):
            await self._ask(LiveProbe.of(ids, self._variant, kind.over_many))

    async def action_stop(self) -> None:
        await self.session.cancel()

    # -- what is known, and what is asked for ----------------------------------------------------

    @property
    def _findings(self) -> list[Finding]:
        return self.state.found(self.item_id, self._variant, self._tab)

    @property
    def _finding(self) -> Finding | None:
        """What the instrument that is wanted on this tab found."""
        wanted = self._wanted.get(self._tab)
        return next((one for one in self._findings if one.instrument == wanted), None)

    @property
    def _live(self) -> LiveProbe | None:
        """The instrument of this tab at work on this item, or as it failed."""
        return next(iter(self.state.questions.probes(self._tab, self.item_id)), None)

    @property
    def _stage(self) -> str:
        stage = self.state.stage
        return "" if stage is None else f"{stage.stage} {stage.detail}".strip()

    async def _apply(self) -> None:
        """Apply the instrument that is wanted, unless its finding is there or on its way."""
        wanted, live = self._wanted.get(self._tab), self._live
        if wanted is None or self._finding is not None or (live is not None and live.running):
            return
        self._asked = wanted
        await self._ask(LiveProbe.of((self.item_id,), self._variant, wanted))

    async def _ask(self, probe: LiveProbe) -> None:
        await self.session.ask(probe)
        self.post_message(EngineNeeded())
        self.draw()

    def _recognition_only(self) -> tuple[str, ...]:
        frame = self.state.frame(self._variant)
        found: list[str] = frame.filter(frame["outcome"] == "recognition-only")["item_id"].to_list()
        return tuple(found)

    # -- drawing --------------------------------------------------------------------------------

    def changed(self, change: Change) -> None:
        # While an instrument waits for its model, the run's stages are what it is at.
        waits = Change.RUN in change and self._live is not None and self._live.running
        if self._tab == ITEM or Change.ANSWERS in change or waits:
            self.draw()
            if self._tab == "slider" and self._asked != self._wanted["slider"]:
                # The slider was moved on while its last place was computed.
                self.run_worker(self._apply())

    def draw(self, *, top: bool = False) -> None:
        row = self._row
        compressed = self.state.label(self._variant)
        compared = (self.state.label(self.state.reference), compressed)
        labels = Labels(self.state.label(DENSE), compressed)
        subject = f"{row.item.question}  {row.item.id}"
        tabs = [Tab("x", ITEM, f"show('{ITEM}')")]
        for kind in instruments().values():
            found = bool(self.state.found(self.item_id, self._variant, kind.name))
            running = any(
                live.running for live in self.state.questions.probes(kind.name, self.item_id)
            )
            mark = "…" if running else "•" if found else ""
            tabs.append(Tab(kind.key, kind.name, f"show('{kind.name}')", mark))
        self.query_one(TabBoard).show(tabs, self._tab, self)

        def lay_out(width: int) -> list[Line]:
            if self._tab == ITEM:
                return xray_lines(row, compared, width)
            return instrument_lines(self._page(), labels, width)

        self.present("X-ray", subject, lay_out)
        if top:
            self.query_one(PageSheet).scroll_to(y=0, animate=False, force=True, immediate=True)

    def _page(self) -> InstrumentPage:
        kind = instruments()[self._tab]
        ids = self._recognition_only() if kind.pooled else ()
        every = [
            one
            for item_id in ids
            for one in self.state.found(item_id, self._variant, self._tab)
            if not isinstance(one, ForkFinding) or one.instrument == kind
        ]
        alike = largest_alike(every)
        return InstrumentPage(
            kind=kind,
            wanted=self._wanted[self._tab],
            findings=self._findings,
            live=self._live,
            over_all=next(iter(self.state.questions.probes(self._tab)), None),
            figure=pooled(alike) if len(alike) > 1 else None,
            recognition_only=len(ids),
            own=self._row.variant,
            percent=self._percent,
            own_percent=_sparsity_of(self._variant),
            step=self._step,
            stage=self._stage,
        )


def _sparsity_of(variant: str) -> int | None:
    """The sparsity of a recipe in whole per cent, where the slider reaches it."""
    try:
        percent = round(100 * parse_recipe(variant).target_sparsity)
    except RecipeError:
        return None
    return percent if 0 < percent <= MOST else None
