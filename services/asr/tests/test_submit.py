from __future__ import annotations

import hashlib
import hmac

import pytest
from conftest import ScriptedRecogniser, eventually


def test_a_submission_is_worked_and_called_back_with_the_form_of_the_task(service, listener):
    identifier = service.submit(b"hello", listener.url, language="en").json()["identifier"]
    headers, body = listener.called()
    raw = body.pop("raw")
    assert body == service.task(identifier)
    assert body["status"] == "completed"
    assert body["result"]["text"] == "hello"
    assert body["metadata"] == {"file_name": "voice.ogg", "callback_url": listener.url}
    assert service.recogniser.heard[0][1].language == "en"
    assert "x-hub-signature-256" not in headers
    assert b"hello" in raw


def test_a_callback_is_signed_where_there_is_a_secret(start, listener):
    start(ASR_CALLBACK_SECRET="shared").submit(b"hello", listener.url)
    headers, body = listener.called()
    expected = hmac.new(b"shared", body["raw"], hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"


def test_a_callback_is_tried_again_until_it_is_taken(service, listener):
    listener.answers = [503, 500]
    identifier = service.submit(b"hello", listener.url).json()["identifier"]
    _, body = listener.called(3)
    assert body["identifier"] == identifier


def test_a_callback_that_is_refused_for_good_is_given_up_and_the_result_kept(service, listener):
    listener.answers = [410]
    first = service.submit(b"one", listener.url).json()["identifier"]
    listener.called()
    second = service.submit(b"two", listener.url).json()["identifier"]
    _, body = listener.called(2)
    assert body["identifier"] == second
    assert service.task(first)["result"]["text"] == "one"


@pytest.mark.parametrize("said,error", [(b"noise", "cannot be read as audio"), (b"bug", "recognition failed: KeyError")])
def test_a_file_that_cannot_be_recognised_ends_as_failed_and_is_called_back(service, listener, said, error):
    service.submit(said, listener.url)
    _, body = listener.called()
    assert body["status"] == "failed"
    assert error in body["error"]
    assert "secret detail" not in body["error"]
    assert body["result"] is None


def test_an_address_that_cannot_be_called_back_is_refused_before_any_work(start, listener):
    service = start(ASR_CALLBACK_HOSTS="127.0.0.1")
    for url, status in [
        ("http://10.0.0.1/x", 422),
        ("http://[::1]/x", 422),
        ("http://169.254.169.254/latest/meta-data", 422),
        ("ftp://127.0.0.1/x", 422),
        ("http://127.0.0.1:1/x", 400),
        ("http://127.0.0.1:99999/x", 422),
        ("nonsense", 422),
    ]:
        assert service.submit(b"hello", url).status_code == status, url
    listener.head_status = 404
    assert service.submit(b"hello", listener.url).status_code == 400
    assert service.recogniser.heard == []


def test_bad_uploads_are_refused_and_leave_nothing(start):
    service = start(ASR_MAX_FILE_MB="1")
    assert service.submit(b"").status_code == 400
    assert service.submit(b"x" * (1024 * 1024 + 1)).status_code == 413
    assert service.http.post("/speech-to-text").status_code == 422
    assert service.submit(b"x", language="../ru").status_code == 422
    assert service.submit(b"x", model="large-v3").status_code == 404
    assert list((service.settings.data_dir / "audio").iterdir()) == []


def test_a_full_queue_is_said_and_nothing_of_it_kept(start):
    service = start(ASR_QUEUE_LIMIT="1")
    service.recogniser.gate.clear()
    service.submit(b"under way")
    eventually(lambda: len(service.recogniser.heard) == 1)
    assert service.submit(b"waiting").status_code == 200
    refused = service.submit(b"too many")
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "10"
    assert len(list((service.settings.data_dir / "audio").iterdir())) == 2
    service.recogniser.gate.set()


def test_a_name_is_never_a_path(service):
    answer = service.http.post("/speech-to-text", files={"file": ("../../etc/passwd", b"hello", "audio/ogg")})
    assert service.ended(answer.json()["identifier"])["metadata"]["file_name"] == "passwd"


def test_a_removed_task_is_gone_and_a_key_is_asked_for(start):
    service = start(ASR_API_KEY="key")
    key = {"Authorization": "Bearer key"}
    assert service.submit(b"hello").status_code == 403
    assert service.http.get("/task/x").status_code == 403
    assert service.http.get("/health").status_code == 200
    assert service.http.get("/task/x", headers=key).status_code == 404
    identifier = service.http.post("/speech-to-text", files={"file": ("a", b"hi")}, headers=key).json()["identifier"]
    assert service.http.delete(f"/task/{identifier}/delete", headers=key).status_code == 200
    assert service.http.get(f"/task/{identifier}", headers=key).status_code == 404


def test_without_a_model_health_says_why_and_accepted_work_waits(start):
    service = start(ScriptedRecogniser(broken="the weights are missing", ready=False))
    identifier = service.submit(b"hello").json()["identifier"]
    eventually(lambda: service.http.get("/health").json()["status"] == "failed")
    answer = service.http.get("/health")
    assert answer.status_code == 503
    assert "weights are missing" in answer.json()["reason"]
    assert service.task(identifier)["status"] == "queued"
