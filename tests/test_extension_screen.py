"""A screen from outside the core: its key opens it, and help, palette and footer know it."""

from __future__ import annotations

from engine.records.items import Item
from engine.text import displayable
from tests.app_helpers import Opened, drawn, opened
from tui.acting import Opening
from tui.app import InspectorApp
from tui.screens.help import HelpScreen
from tui.screens.inspect import InspectScreen
from tui.screens.page import PageScreen
from tui.state.session import Session


class AliasesScreen(PageScreen):
    """The answers of an item that count as right."""

    OPENS = Opening(
        InspectScreen, "aliases", "z", "aliases", "Every answer that is right.", "Toys", footer=3
    )

    def __init__(self, session: Session, item: Item) -> None:
        super().__init__(session)
        self._item = item

    @classmethod
    def opened_from(cls, host: InspectScreen) -> AliasesScreen | None:
        return None if host.current is None else cls(host.session, host.current.item)

    def draw(self) -> None:
        answers = [displayable(text) for text in self._item.answers]
        self.present("Aliases", self._item.id, lambda width: [[(text, "")] for text in answers])


class ExtendedApp(InspectorApp):
    SCREEN_CLASSES = (*InspectorApp.SCREEN_CLASSES, AliasesScreen)


def shown(it: Opened) -> list[str]:
    assert isinstance(it.app.screen, AliasesScreen)
    return it.app.screen.texts()


async def test_its_key_opens_it_over_the_inspector_and_escape_leads_back() -> None:
    async with opened(make_app=ExtendedApp) as it:
        await it.press("z")
        assert shown(it) == ["Paris", "City of Paris"]
        await it.press("z")
        assert len(it.app.screen_stack) == 3
        await it.press("escape")
        assert it.app.screen is it.screen


async def test_it_opens_from_nowhere_else() -> None:
    async with opened(make_app=ExtendedApp) as it:
        await it.press("x", "z")
        assert not isinstance(it.app.screen, AliasesScreen)
        titles = [command.title for command in it.app.get_system_commands(it.app.screen)]
        assert "Aliases  (z)" not in titles


async def test_the_palette_opens_it() -> None:
    async with opened(make_app=ExtendedApp) as it:
        await it.press("ctrl+p", *"aliases")
        await it.pilot.pause(0.5)
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, AliasesScreen))


async def test_a_click_in_the_footer_opens_it() -> None:
    async with opened(make_app=ExtendedApp, size=(160, 40)) as it:
        keys = it.screen.query_one("#keys")
        await it.pilot.click(keys, offset=(drawn(keys).index("z aliases") + 3, 0))
        assert shown(it)


async def test_the_help_has_its_key_under_its_own_heading() -> None:
    async with opened(make_app=ExtendedApp, size=(80, 24)) as it:
        await it.press("question_mark")
        assert isinstance(it.app.screen, HelpScreen)
        lines = [text.rstrip() for text in it.app.screen.texts()]
        assert lines[lines.index("Toys") + 1] == "z      Every answer that is right."
