"""A contract type for import-linter: a room's `models` belong to the room.

The built-in `protected` type wants one section per room and breaks on a room that is not there yet; this one holds
for every room of a package, present and future, in one section.
"""

from __future__ import annotations

import grimp
from importlinter import Contract, ContractCheck, fields, output


class OwnModelsContract(Contract):
    """Nobody outside `package`.<room> imports `package`.<room>.models or what is below it."""

    type_name = "own_models"

    package = fields.StringField()

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Kept when no import crosses; `metadata["illegal"]` holds (importer, imported, line numbers)."""
        illegal = []
        for models in sorted(graph.find_matching_modules(f"{self.package}.*.models")):
            room = models.rsplit(".", 1)[0]
            for imported in sorted({models, *graph.find_descendants(models)}):
                for importer in sorted(graph.find_modules_that_directly_import(imported)):
                    if importer != room and not importer.startswith(f"{room}."):
                        details = graph.get_import_details(importer=importer, imported=imported)
                        lines = tuple(detail["line_number"] for detail in details)
                        illegal.append((importer, imported, lines))
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line per illegal import."""
        for importer, imported, lines in check.metadata["illegal"]:
            where = ", ".join(map(str, lines))
            output.print_error(
                f"{importer} -> {imported} (l.{where}): ask the room's service or queries instead"
            )
        output.new_line()
