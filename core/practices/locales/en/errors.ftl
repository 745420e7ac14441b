# What went otherwise, and what one can do. Codes are stable names for programs; these are for people.

# What was written
error-too_long = That is too long: it may have { $most ->
        [one] one character
       *[other] { $most } characters
    }.
error-too_many = That is more than fits in one go.
error-not_a_number = Please give a whole number from { $min } to { $max }.
error-not_a_bool = Please say yes or no.
error-not_a_choice = Please choose one of those offered.
error-bad_date = That is no day that can be used.
error-bad_time = That is no time of day.
error-bad_moment = Please give a day and a time.
error-bad_zone = That time zone or hour is not known.
error-bad_rule = That is no rule for something that comes back.
error-bad_wording = Please name exact wordings.
error-bad_name = A name has 1 to 64 characters.
error-field_repeated = One part is given twice.
error-missing_field = Something that is needed is missing.
error-no_fields = There is nothing in it yet.
error-unknown_field = There is no such part.
error-unknown_practice = This version does not know that.
error-wrong_shape = That cannot be done here.
error-usage = This was not understood.
error-position_out_of_range = The text ends before that.
error-splits_grapheme = That would cut a letter in two.
error-document_full = This text is full. Go on in a new one.
error-document_unreadable = This text cannot be read here.
error-document_broken = This text cannot be changed.

# What may be done
error-not_found = There is nothing like that here.
error-not_yours = Only the person who wrote it can do that.
error-yours = Only the other person can do that.
error-not_now = Not as things stand now.
error-no_such_act = This version does not know how to do that.
error-needs_subject = Please say what exactly you mean.
error-ambiguous_revision = There is more than one wording: choose one.
error-already_consented = You agree to this wording already.
error-must_merge = This wording does not build on the one in force. Propose one that builds on both.
error-not_readable = These words cannot be read here yet.
error-newer_version = This was made with a newer version. Update to agree to it.
error-redacted = The words were taken back.
error-already_open = The answer is open already.
error-not_redactable = What you typed together cannot be taken back by one person.

# The home on this phone
error-no_home = Nothing is set up here yet.
error-home_exists = Something is set up here already.
error-home_newer = This was written by a newer version of the app. Please update.
error-home_in_use = Another program has this open.
error-keys_lost = What is left here lacks its keys. Pair this phone again from another one of yours.
error-disk_full = There is no space left on this phone.
error-store_damaged = What is kept is damaged.
error-store_newer = What is kept was written by a newer version. Please update.
error-storage_failed = It could not be stored.
error-passphrase_needed = Please give the passphrase.
error-no_passphrase = There is no passphrase here.
error-wrong_passphrase = That is not the passphrase.
error-passphrase_empty = A passphrase has at least one character.
error-key_exists = There is a key already.
error-key_missing = The key to what is kept here is not there.
error-wrong_key = This key belongs to something else.
error-vault_damaged = The key vault is damaged.
error-vault_failed = The key vault did not answer.
error-no_randomness = This phone gave no random numbers.
error-crypto_failed = Something could not be sealed or opened.
error-not_authentic = Some of what is kept here does not verify.
error-file_exists = The file exists already.
error-file_failed = The file cannot be written.
error-watching = This window stays connected already.
error-bug = That is our mistake, not yours.

# Pairing
error-not_paired = This phone is not connected with anybody yet.
error-already_paired = This phone is connected already.
error-invalid_link = This link cannot be used.
error-invalid_words = These are not the eight words.
error-no_invite = There is no such invitation: the words are others, or it is over.
error-invite_expired = The invitation is over. Begin again.
error-invite_burned = Somebody else tried to use this invitation. Begin again.
error-invite_newer = The invitation comes from a newer version. Please update.
error-code_mismatch = The codes differ. For your safety, begin again.
error-cancelled = Cancelled
error-aborted = The other phone stopped.
error-aborted_cancelled = The other person cancelled.
error-aborted_code_mismatch = On the other phone the codes differed. Begin again.
error-aborted_expired = Time was up on the other phone. Begin again.
error-pairing_pending = The other phone will confirm it. Connect again in a while.
error-pairing_failed = The phones could not be connected. Begin again.
error-pairing_not_authentic = What came is not from the other phone. Begin again.
error-pairing_malformed = What came could not be read. Begin again.
error-pairing_certificate = What the other phone showed about itself does not hold. Begin again.
error-pairing_too_large = What was to be sent is too large.
error-same_member = That is a phone of your own. Invite it as such.

# The relay
error-no_relay = No relay is set.
error-relay_unreachable = The relay cannot be reached. What you wrote is kept and will be sent.
error-wrong_relay_pin = This is not the relay that was meant. Nothing was sent.
error-relay_protocol = The relay speaks another language than this version.
error-timed_out = Time was up before everything was sent and read.
error-stopped = Stopped before it was done
error-too_many_wait = Too many wait for this already.
error-box_full = The relay's room for you two is full. What you wrote stays on this phone until there is room.
error-store_full = The relay's disk is full. What you wrote stays on this phone.
error-rate_limited = The relay asks for a little patience.
error-shutting_down = The relay is going down. It will be tried again.
error-too_many_connections = The relay has too many connections. It will be tried again.
error-too_many_boxes = Too much was begun from this connection. Try again another time.
error-too_many_open_boxes = This connection has too much open.
error-too_many_items = That was too much in one go for the relay.
error-too_slow = The connection was too slow.
error-rendezvous_burned = Somebody else was at this meeting point. Begin again.
error-rendezvous_expired = The meeting point is over. Begin again.
error-rendezvous_full = There is no meeting point free. Try again in a while.
error-rendezvous_too_large = That is too large for the meeting point.
error-rendezvous_unknown = Nobody has opened this meeting point.
error-bad_signature = The relay did not accept the key.
error-not_opened = The relay does not know this box on this connection.
error-record_too_large = A record is too large for the relay.
error-record_empty = A record has nothing in it.
error-record_version = The relay does not keep records of this version.
error-pack_too_large = A pack is too large for the relay.
error-chunk_missing = A part of a pack is missing at the relay.
error-chunk_not_found = The relay does not have a part of a pack.
error-chunk_too_large = A part of a pack is too large for the relay.
error-frame_too_large = A message to the relay was too large.
error-malformed = The relay could not read a message.
error-unknown_message = The relay does not know a message. It may be older than this app.
error-unknown_version = The relay does not know this version.
error-protocol_violation = The relay did not expect this.
error-internal = Something is amiss at the relay.
error-other = The relay gave an answer that this version does not know.

# Why something that arrived was set aside
error-malformed_body = It could not be read.
error-text_not_normal = It has hidden characters.
error-text_too_long = Its text is too long.
error-body_too_large = It is too large.
error-body_missing = Its words are missing.
error-bad_refs = It names something that does not fit.
error-bad_subject = It speaks of the wrong kind of thing.
error-incomplete = It is not complete.
error-unexpected_content = It says more than it can say.
error-change_too_large = A change is too large.
error-change_other_chunk = A change is of another kind.
error-change_compressed = A change is packed in a way that is not taken.
error-change_checksum = A change arrived damaged.
error-change_malformed = A change could not be read.
error-change_not_canonical = A change is not written as changes are.
error-change_unknown = A change comes from something newer.
error-change_operations = A change says too much, or nothing.
error-change_counter = A change does not follow the ones before.
error-change_actors = A change names others than who made it.
error-change_remark = A change carries a remark that it may not have.
error-change_sequence = A change is out of turn.
error-change_sequence_taken = Another change has this place.
error-change_schema = A change does not belong to this kind of text.
error-change_reference = A change speaks of what is not there.
error-change_waiting = Too many changes wait for others.
error-change_inapplicable = A change cannot be applied.
