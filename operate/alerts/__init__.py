"""Shows how alerts read: docs/alerts.md and its pictures, out of services' answers."""
