"""How screens and widgets declare what can be done on them, and where screens open from.

Key bindings, footer, command palette, help and the README's table of keys derive from the
declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.keys import format_key
from textual.screen import Screen
from textual.widget import Widget

from tui.actions import Action, grouped

PAGES = {"pageup": "pg up", "pagedown": "pg dn"}


@dataclass(frozen=True)
class Opening:
    """Where a screen opens from, and by which key.

    Attributes:
        host: the screen it opens from; a base class stands for all screens of its kind.
        name: of the screen, unique among those that open.
    """

    host: type[Screen[Any]]
    name: str
    key: str
    label: str
    help: str
    group: str
    footer: int | None = None
    shown: str | None = None

    @property
    def action(self) -> Action:
        """The app's action that opens the screen."""
        return Action(
            self.key,
            f"open('{self.name}')",
            self.label,
            self.help,
            self.group,
            footer=self.footer,
            shown=self.shown,
        )


class Acting:
    """A base of apps, screens and widgets, put first: the keys of `ACTIONS` become bindings.

    A subclass declares only the actions that it adds.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init_subclass__(cls, **options: Any) -> None:
        # Textual merges the bindings of base classes itself.
        cls.BINDINGS = [
            *cls.__dict__.get("BINDINGS", ()),
            *(
                Binding(
                    action.key,
                    action.name,
                    action.label,
                    show=False,
                    priority=action.priority,
                    id=action.id,
                )
                for action in cls.own_actions()
            ),
        ]
        super().__init_subclass__(**options)

    @classmethod
    def own_actions(cls) -> tuple[Action, ...]:
        """The actions that the class adds to those it inherits."""
        own: tuple[Action, ...] = cls.__dict__.get("ACTIONS", ())
        return own

    @classmethod
    def all_actions(cls) -> tuple[Action, ...]:
        """The actions of the class, those that it inherits first."""
        bases = [base for base in reversed(cls.__mro__) if issubclass(base, Acting)]
        return tuple(dict.fromkeys(action for base in bases for action in base.own_actions()))

    def actions_on(self, screen: Screen[Any]) -> tuple[Action, ...]:
        """Those of its actions that can be done while a screen is shown."""
        return self.all_actions()


class ActingScreen(Acting, Screen[None]):
    """A screen that declares its actions, and where it opens from.

    Attributes:
        OPENS: None for a screen that no key opens.
        WIDGETS: the widgets on it that declare actions of their own.
        SILENT: those that bind keys which no help tells of.
    """

    OPENS: ClassVar[Opening | None] = None
    WIDGETS: ClassVar[tuple[type[Acting], ...]] = ()
    SILENT: ClassVar[tuple[type[Widget], ...]] = ()

    @classmethod
    def opened_from(cls, host: Any) -> Screen[None] | None:
        """Make the screen for what its host, a screen of `OPENS.host`, shows; None for nothing."""
        raise NotImplementedError


class ActingApp(Acting, App[int]):
    """An app that opens screens by the keys that they declare.

    Attributes:
        SCREEN_CLASSES: its screens; their order is that of the help.
        keys: the user's own, separated by commas, by the id of an action.
    """

    SCREEN_CLASSES: ClassVar[tuple[type[ActingScreen], ...]] = ()
    keys: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def own_actions(cls) -> tuple[Action, ...]:
        """The actions that the class adds: one for each screen that opens, and its own."""
        screens: tuple[type[ActingScreen], ...] = cls.__dict__.get("SCREEN_CLASSES", ())
        openings = (screen.OPENS.action for screen in screens if screen.OPENS)
        return (*openings, *super().own_actions())

    @classmethod
    def every_action(cls) -> dict[str, list[Action]]:
        """What can be done anywhere: the actions of all screens and of the app, by group."""
        owners = [owner for screen in cls.SCREEN_CLASSES for owner in (screen, *screen.WIDGETS)]
        return grouped(action for owner in (*owners, cls) for action in owner.all_actions())

    @classmethod
    def actions_over(cls, screen: type[Screen[Any]]) -> tuple[Action, ...]:
        """Its own actions, and the other screens that open from a kind of screen."""
        away = {
            opened.OPENS.action
            for opened in cls.SCREEN_CLASSES
            if opened.OPENS and (opened is screen or not issubclass(screen, opened.OPENS.host))
        }
        return tuple(action for action in cls.all_actions() if action not in away)

    def actions_on(self, screen: Screen[Any]) -> tuple[Action, ...]:
        """Its own actions, and the screens that open from the one shown."""
        return self.actions_over(type(screen))

    def as_bound(self, action: Action) -> Action:
        """An action with the keys that it has here: the user's own, or those that it declares."""
        keys = self.keys.get(action.id)
        return action if keys is None else replace(action, key=keys, shown=shown_key(keys))

    def on_load(self) -> None:
        """Bind the user's own keys."""
        self.set_keymap(self.keys)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a key that opens a screen through to others where the screen doesn't open."""
        if action == "open":
            return self._opened(*parameters) is not None
        return super().check_action(action, parameters)

    def action_open(self, name: str) -> None:
        """Open a screen over the one shown."""
        opened = self._opened(name)
        screen = opened.opened_from(self.screen) if opened else None
        if screen is not None:
            self.push_screen(screen)

    def _opened(self, name: object) -> type[ActingScreen] | None:
        """The screen of a name, if it opens from the one shown."""
        for screen in self.SCREEN_CLASSES:
            opening = screen.OPENS
            if opening and opening.name == name and isinstance(self.screen, opening.host):
                return screen
        return None


Actor = Widget | App[Any]


def shown_key(keys: str) -> str:
    """How the first of some keys is written on screen."""
    key = keys.partition(",")[0]
    *modifiers, last = key.split("+")
    marks = "".join("^" if modifier == "ctrl" else f"{modifier}+" for modifier in modifiers)
    return marks + PAGES.get(last, format_key(last))


def shown_keys(action: Action) -> str:
    """How all keys of an action are written, the first as in the footer."""
    others = action.key.split(",")[1:]
    # The form of a pair, "[ ]", has both.
    if others and action.key_text.endswith(shown_key(others[-1])):
        others = []
    return " ".join((action.key_text, *map(shown_key, others)))


def keys_on(screen: Screen[Any]) -> dict[str, str]:
    """How the keys of what can be done while a screen is shown are written, by the action's id."""
    return {action.id: action.key_text for _, action in actions_on(screen)}


def actions_on(screen: Screen[Any]) -> list[tuple[Actor, Action]]:
    """What can be done while a screen is shown, each with the node that does it."""
    app = screen.app
    acting = screen.WIDGETS if isinstance(screen, ActingScreen) else ()
    widgets = (node for node in screen.query("*") if isinstance(node, acting))
    nodes: tuple[Actor, ...] = (screen, *widgets, screen.app)
    return [
        (node, app.as_bound(action) if isinstance(app, ActingApp) else action)
        for node in nodes
        if isinstance(node, Acting)
        for action in node.actions_on(screen)
    ]
