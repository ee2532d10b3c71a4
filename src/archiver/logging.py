"""The archiver's log lines and metrics: event keys, reasons and sizes; never links."""

from aws import observability
from recordings.archive import Result
from recordings.links import Link
from recordings.register import ARCHIVED, FAILED


def result(link: Link, one: Result) -> None:
    """Log and count what became of a link."""
    recording = one.recording
    shown = {"event_key": recording.event_key, "recording": link.digest, "what": link.what}
    if recording.phase == ARCHIVED:
        text = "archived" if one.is_new else "archived already"
        size = recording.file.size if recording.file else None
        observability.log("info", text, **shown, bytes=size)
        if one.is_new:
            observability.count(observability.RECORDING_ARCHIVED)
        return
    if not one.is_new:
        return  # it was logged when it was given up
    reason, attempts = recording.error, recording.attempts
    if recording.phase == FAILED:
        observability.log("error", "given up", **shown, reason=reason, attempts=attempts)
        observability.count_by_reason(observability.RECORDING_FAILED, reason)
        return
    observability.log("warning", "not archived yet", **shown, reason=reason, attempts=attempts)
    observability.count_by_reason(observability.RECORDING_ATTEMPT_FAILED, reason)
    if one.is_late:
        observability.count(observability.RECORDING_LATE)


def failure(message_id: str, error: Exception) -> None:
    """Log and count a message that AWS, or a mistake of ours, let fail."""
    observability.failure(
        observability.ARCHIVER_FAILED, "message failed", error, message_id=message_id
    )
