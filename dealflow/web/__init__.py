"""Floor 6: the shell of the site. Assembles the rooms; owns layout context, errors, headers, health."""
