"""The park that looks alive on first start: invented organisations, pitches, mandates and deals, all marked as samples."""
