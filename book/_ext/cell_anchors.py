"""Give every code cell of a page an address: ``id="cell-<the cell's id in the notebook>"``.

A link may lead there as to a heading: ``[the cell](the-cell.ipynb#cell-setup)``.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform


def code_cells(document, notebook: Path) -> list[tuple[nodes.container, dict]]:
    """Pair each code cell of a page, in order, with the cell of its notebook."""
    if notebook.suffix != ".ipynb":
        return []
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return [
        (container, cells[container["cell_index"]])
        for container in document.findall(nodes.container)
        if container.get("nb_element") == "cell_code"
    ]


class CellAnchors(SphinxTransform):
    """Set the ids, and tell MyST of them as it knows those of headings."""

    default_priority = 800  # before MyST resolves links within a page, at 879

    def apply(self, **kwargs) -> None:
        places = {}
        for container, cell in code_cells(self.document, Path(self.env.doc2path(self.env.docname))):
            anchor = f"cell-{cell['id']}"
            container["ids"].append(anchor)
            places[anchor] = (container.line, anchor, "code cell")
        if places:
            self.document.myst_slugs |= places
            self.env.metadata[self.env.docname]["myst_slugs"] = self.document.myst_slugs


def setup(app):
    """Set the anchors when a page is read."""
    app.add_transform(CellAnchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
