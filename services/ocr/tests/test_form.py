"""What goes in and out is the form of PaddleX basic serving."""

from __future__ import annotations

import json

import pytest
from conftest import ScriptedReader, encoded, picture


def test_health_is_told_in_the_envelope(service):
    told = service.http.get("/health").json()
    assert (told["errorCode"], told["errorMsg"]) == (0, "Healthy")
    assert told["logId"]


def test_a_picture_is_answered_with_parallel_lists_and_its_size(service):
    answer = service.read(encoded(picture("x")), textRecScoreThresh=0.3, useTextlineOrientation=False)
    assert answer.status_code == 200
    told = answer.json()
    assert told["errorCode"] == 0
    assert told["result"]["dataInfo"] == {"type": "image", "width": 640, "height": 240}
    (page,) = told["result"]["ocrResults"]
    read = page["prunedResult"]
    assert read["rec_texts"] == ["line of 1"]
    assert read["rec_scores"] == [0.9]
    assert read["rec_boxes"] == [[1, 2, 9, 8]]
    assert read["rec_polys"] == read["dt_polys"] == [[[1, 2], [9, 3], [9, 8], [1, 7]]]
    assert read["model_settings"]["use_textline_orientation"] is False
    assert service.reader.seen[0][1].least_score == 0.3


def test_each_page_of_a_pdf_is_read_up_to_the_limit(start):
    sheets = [picture(str(number), size=(300, 200)) for number in range(4)]
    pdf = encoded(sheets[0], "PDF", save_all=True, append_images=sheets[1:], resolution=100)
    told = start(OCR_MAX_PAGES="3").read(pdf, kind=0).json()["result"]
    assert [page["prunedResult"]["rec_texts"] for page in told["ocrResults"]] == [
        ["line of 1"],
        ["line of 2"],
        ["line of 3"],
    ]
    assert told["dataInfo"] == {"type": "pdf", "numPages": 3, "pages": [{"width": 600, "height": 400}] * 3}


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "TIFF", "GIF"])
def test_every_promised_format_is_read(service, form):
    assert service.read(encoded(picture("x"), form)).json()["result"]["dataInfo"]["width"] == 640


def test_a_photo_is_turned_as_the_camera_was_held_and_transparency_is_white(service):
    image = picture("x")
    exif = image.getexif()
    exif[0x0112] = 6
    assert service.read(encoded(image, "JPEG", exif=exif)).json()["result"]["dataInfo"]["width"] == 240
    assert service.read(encoded(picture("x").convert("RGBA"))).status_code == 200


@pytest.mark.parametrize(
    "body,says",
    [
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'{"fileType": 1}', "required"),
        (b'{"file": "", "fileType": 1}', "at least 1"),
        (b'{"file": "aGk="}', "File type cannot be determined"),
        (b'{"file": "aGk=", "fileType": 7}', "File type cannot be determined"),
        (b'{"file": "%%%", "fileType": 1}', "not base64"),
        (b'{"file": "aGk=", "fileType": 1}', "as a picture"),
        (b'{"file": "aGk=", "fileType": 0}', "as a PDF"),
        (b'{"file": "http://169.254.169.254/x.png", "fileType": 1}', "not fetched"),
        (b'{"file": "aGk=", "fileType": 1, "textRecScoreThresh": 7}', "less than or equal"),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_envelope_and_never_read(service, body, says):
    answer = service.http.post("/ocr", content=body)
    assert answer.status_code == 422
    told = answer.json()
    assert told["errorCode"] == 422
    assert says in told["errorMsg"]
    assert "aGk=" not in json.dumps(told)
    assert service.reader.seen == []


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_unpacked(start):
    service = start(OCR_MAX_MEGAPIXELS="1")
    bomb = encoded(picture(size=(4000, 4000)))
    assert len(bomb) < 100_000
    answer = service.read(bomb)
    assert answer.status_code == 422
    assert "4000 × 4000" in answer.json()["errorMsg"]


def test_a_large_file_is_refused_while_it_comes_in(start):
    answer = start(OCR_MAX_FILE_MB="1").read(b"x" * (2 * 1024 * 1024))
    assert answer.status_code == 413
    assert answer.json()["errorCode"] == 413


def test_a_reader_that_fails_is_told_without_its_details(start):
    answer = start(ScriptedReader(broken=True)).read(encoded(picture("x")))
    assert answer.status_code == 500
    assert answer.json()["errorMsg"] == "Internal server error"


def test_unknown_paths_and_methods_are_told_in_the_envelope(service):
    assert service.http.get("/ocr").json()["errorCode"] == 405
    assert service.http.get("/nowhere").json()["errorCode"] == 404
