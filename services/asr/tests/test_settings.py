from __future__ import annotations

import pytest

from asr.settings import SettingsError, read_settings


def test_every_fault_is_named_at_once():
    with pytest.raises(SettingsError) as error:
        read_settings({"ASR_DEVICE": "tpu", "ASR_PARALLEL": "0", "ASR_MAX_FILE_MB": "many"})
    for name in ("ASR_DEVICE", "ASR_PARALLEL", "ASR_MAX_FILE_MB"):
        assert name in str(error.value)


def test_empty_means_unset():
    settings = read_settings({"ASR_API_KEY": " ", "ASR_MODEL": "", "ASR_CALLBACK_HOSTS": ""})
    assert (settings.api_key, settings.model, settings.callback_hosts) == (None, "bundled", frozenset())
