"""The pages and the JSON API. Flask lives here and nowhere else; routes call services and show frozen views."""
