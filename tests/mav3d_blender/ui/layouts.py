"""A layout that takes what is drawn, for tests: Blender draws nothing without a window."""

from types import SimpleNamespace

import bpy


class Layout:
    """texts: labels with their icons; buttons: operators with their text and options; properties: names of settings; labels:
    what is said beside each; folded: names of sub-panels that are closed at first, which are drawn open all the same; disabled:
    operators that are grey; menus: names of menus."""

    def __init__(self, top=None) -> None:
        self.top = top or self
        self.texts, self.buttons, self.properties, self.folded, self.disabled, self.menus = [], [], [], [], [], []
        self.labels: dict[str, str | None] = {}
        self.enabled = True

    def column(self, **options):
        return Layout(self.top)

    row = box = split = column

    def panel(self, name, default_closed=False):
        self.top.folded += [name] if default_closed else []
        return Layout(self.top), Layout(self.top)

    def label(self, text="", icon="NONE"):
        self.top.texts.append((text, icon))

    def prop(self, owner, name, **options):
        getattr(owner, name)
        self.top.properties.append(name)
        self.top.labels[name] = options.get("text")

    def progress(self, factor, text):
        self.top.texts.append((text, "PROGRESS"))

    def template_icon(self, icon, scale):
        pass

    def separator(self):
        pass

    def menu(self, name, **options):
        self.top.menus.append(name)

    def operator(self, name, text=None, **options):
        self.top.buttons.append((name, text, SimpleNamespace()))
        self.top.disabled += [] if self.enabled else [name]
        return self.top.buttons[-1][2]

    def operator_menu_enum(self, name, property, text=None, **options):
        return self.operator(name, text)

    @property
    def text(self) -> str:
        """All labels in a row."""
        return " ".join(text for text, _ in self.top.texts)


def drawn(cls) -> Layout:
    """A panel as it looks current."""
    shown = type("Shown", (), {"draw": cls.draw})()
    shown.layout = Layout()
    shown.draw(bpy.context)
    return shown.layout
