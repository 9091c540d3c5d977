from __future__ import annotations

import pytest


def ask(service, said: bytes = b"hello", **form: str):
    data = {"model": "whisper-1", **form}
    return service.http.post("/v1/audio/transcriptions", data=data, files={"file": ("voice.ogg", said, "audio/ogg")})


def test_the_synchronous_form_answers_in_each_format_and_keeps_no_file(service):
    assert ask(service).json() == {"text": "hello"}
    assert ask(service, response_format="text").text == "hello\n"
    told = ask(service, response_format="verbose_json", language="ru", prompt="Стрижка", temperature="0.4").json()
    assert told["task"] == "transcribe"
    assert told["language"] == "ru"
    assert set(told["segments"][0]) >= {"start", "end", "text", "avg_logprob", "compression_ratio", "no_speech_prob"}
    options = service.recogniser.heard[-1][1]
    assert (options.language, options.prompt, options.temperature) == ("ru", "Стрижка", 0.4)
    assert list((service.settings.data_dir / "audio").iterdir()) == []


@pytest.mark.parametrize(
    "said,form,status",
    [
        (b"noise", {}, 415),
        (b"", {}, 400),
        (b"x", {"model": "large-v3"}, 404),
        (b"x", {"response_format": "srt"}, 422),
        (b"x", {"temperature": "2"}, 422),
    ],
)
def test_what_cannot_be_done_is_refused(service, said, form, status):
    assert ask(service, said, **form).status_code == status


def test_the_model_is_listed(service):
    assert [model["id"] for model in service.http.get("/v1/models").json()["data"]] == ["scripted"]
