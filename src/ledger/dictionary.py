"""The preset dictionary with which zlib compresses bodies and timeline entries.

An event is mostly field names that all events share. With those in the dictionary, the ledger item
of a 2 KB event fits one write unit (docs/decisions/0007-preset-dictionary.md).

**Never change `DICTIONARY`**: bodies in existing tables cannot be read with any other (a test
compares its hash). Add a better one beside it, and choose between them by the identifier in the
zlib stream. Sources of the names: JustCall's help article and webhook catalogue; the names in a
timeline entry are ours. The most common ones come last, where zlib's references are shortest.
"""

DICTIONARY = (
    b'"custom_fields":[],"created_at":"","company":"","first_name":"","last_name":"","phone":"+1'
    b'"voicemail_transcription":"","voicemail_url":"https://","media_urls":[],"media_url":null,'
    b'"message_id":"msg_","body":"sms.sent"sms.received"contact.created"voicemail.received"'
    b'"unknown_fields":{"text":"","kind":"at":"20","key":"number":"outcome":"completed","missed"'
    b'"justcall_number":"+1","duration_seconds":,"ring_seconds":"call.missed:call_"call.completed:'
    b'"campaign":{"id":"","name":"","type":""},"sales_dialer_number":"","is_deleted":false,'
    b'"call_sid":"CA","contact_number":"+1","contact_name":"","contact_email":"@gmail.com",'
    b'"justcall_line_name":"","agent_email":"@","call_date":"2026-","call_time":"",'
    b'"call_user_date":"2026-","call_user_time":"","cost_incurred":0.0,"call_info":{"direction":'
    b'"Incoming"Outgoing","type":"Answered","missed_call_reason":"","status":"Archived",'
    b'"Unarchived","disposition":"","notes":"","rating":"","recording":"https://",'
    b'"recording_child":"","call_duration":{"total_duration":,"friendly_duration":"","handle_time":'
    b',"conversation_time":,"ring_time":,"hold_time":0,"wrap_up_time":0,"queue_wait_time":0},'
    b'"ivr_info":{"digit_pressed":"","ivr_name":""},"tags":[],"ai_insights":{},'
    b'"justcall_ai":{"customer_sentiment":"Positive"Neutral"Negative","call_score":,'
    b'"call_moments":[],"call_summary":"","call_transcript":[],"is_contact":true,false,null,'
    b'"webhook_url":"https://","url_id":"","request_id":"","type":"call.updated",'
    b'{"event":"call.completed","timestamp":"2026-01-01T00:00:00.000Z","data":{"call_id":"call_'
    b'","direction":"inbound","outbound","from":"+1","to":"+1","agent_id":null,"agent_name":"",'
    b'"duration":0,"ring_duration":0,"status":"completed",'
    b'"recording_url":"https://recordings.justcall.io/rec_.mp3","notes":"","disposition":""}}'
)
