"""A text reader for images and PDF pages, in the form of PaddleX basic serving."""
