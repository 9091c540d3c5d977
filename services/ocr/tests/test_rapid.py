"""The real models on rendered pictures."""

from __future__ import annotations

import pytest
from conftest import encoded, picture

from ocr.reader import RapidReader
from ocr.settings import SettingsError, read_settings


@pytest.fixture(scope="module")
def reader() -> RapidReader:
    return RapidReader(read_settings({"OCR_THREADS": "1"}))


def test_latin_print_is_read_with_its_place(start, reader):
    told = start(reader).read(encoded(picture("Haircut 5 500 KZT", "Total 12 000 KZT"))).json()["result"]
    read = told["ocrResults"][0]["prunedResult"]
    lines = sorted(zip(read["rec_boxes"], read["rec_texts"], read["rec_scores"], strict=True), key=lambda line: line[0][1])
    assert [text.replace(" ", "") for _, text, _ in lines] == ["Haircut5500KZT", "Total12000KZT"]
    assert all(score > 0.8 for *_, score in lines)
    assert lines[0][0][3] <= lines[1][0][1]


def test_an_empty_page_has_no_lines(start, reader):
    read = start(reader).read(encoded(picture())).json()["result"]["ocrResults"][0]["prunedResult"]
    assert (read["rec_texts"], read["rec_scores"], read["rec_boxes"]) == ([], [], [])


def test_every_wrong_setting_is_named_at_once(tmp_path):
    with pytest.raises(SettingsError) as error:
        read_settings({"OCR_PORT": "x", "OCR_MAX_PAGES": "0", "OCR_MODEL_DIR": str(tmp_path)})
    for name in ("OCR_PORT", "OCR_MAX_PAGES", "det.onnx", "rec.onnx", "rec.txt"):
        assert name in str(error.value)
