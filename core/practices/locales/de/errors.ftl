# What went otherwise, and what one can do. Codes are stable names for programs; these are for people.

# What was written
error-too_long = Das ist zu lang: Es darf { $most ->
        [one] ein Zeichen
       *[other] { $most } Zeichen
    } haben.
error-too_many = Das ist mehr, als auf einmal geht.
error-not_a_number = Bitte gib eine ganze Zahl von { $min } bis { $max } an.
error-not_a_bool = Bitte sag ja oder nein.
error-not_a_choice = Bitte wähle etwas von dem, was angeboten wird.
error-bad_date = Das ist kein Tag, der sich verwenden lässt.
error-bad_time = Das ist keine Uhrzeit.
error-bad_moment = Bitte gib einen Tag und eine Uhrzeit an.
error-bad_zone = Diese Zeitzone oder Stunde ist nicht bekannt.
error-bad_rule = Das ist keine Regel für etwas, das wiederkehrt.
error-bad_wording = Bitte nenne genaue Fassungen.
error-bad_name = Ein Name hat 1 bis 64 Zeichen.
error-field_repeated = Ein Teil ist doppelt angegeben.
error-missing_field = Etwas Nötiges fehlt.
error-no_fields = Es steht noch nichts darin.
error-unknown_field = Diesen Teil gibt es nicht.
error-unknown_practice = Diese Version kennt das nicht.
error-wrong_shape = Das geht hier nicht.
error-usage = Das wurde nicht verstanden.
error-position_out_of_range = Der Text endet davor.
error-splits_grapheme = Das würde einen Buchstaben zerschneiden.
error-document_full = Dieser Text ist voll. Schreibt in einem neuen weiter.
error-document_unreadable = Dieser Text lässt sich hier nicht lesen.
error-document_broken = Dieser Text lässt sich nicht ändern.

# What may be done
error-not_found = So etwas gibt es hier nicht.
error-not_yours = Das kann nur, wer es geschrieben hat.
error-yours = Das kann nur die andere Person.
error-not_now = So, wie es jetzt steht, geht das nicht.
error-no_such_act = Diese Version kann das nicht.
error-needs_subject = Bitte sag, was genau du meinst.
error-ambiguous_revision = Es gibt mehr als eine Fassung: Wähle eine.
error-already_consented = Du stimmst dieser Fassung schon zu.
error-must_merge = Diese Fassung baut nicht auf der geltenden auf. Schlag eine vor, die auf beiden aufbaut.
error-not_readable = Diese Worte lassen sich hier noch nicht lesen.
error-newer_version = Das wurde mit einer neueren Version gemacht. Aktualisiere, um zuzustimmen.
error-redacted = Die Worte wurden zurückgenommen.
error-already_open = Die Antwort ist schon offen.
error-not_redactable = Was ihr zusammen geschrieben habt, kann nicht eine Person allein zurücknehmen.

# The home on this phone
error-no_home = Hier ist noch nichts eingerichtet.
error-home_exists = Hier ist schon etwas eingerichtet.
error-home_newer = Das hat eine neuere Version der App geschrieben. Bitte aktualisiere.
error-home_in_use = Ein anderes Programm hat das geöffnet.
error-keys_lost = Dem, was hier noch ist, fehlen die Schlüssel. Verbinde dieses Telefon von einem anderen von dir aus neu.
error-disk_full = Auf diesem Telefon ist kein Platz mehr.
error-store_damaged = Das Aufbewahrte ist beschädigt.
error-store_newer = Das Aufbewahrte hat eine neuere Version geschrieben. Bitte aktualisiere.
error-storage_failed = Es ließ sich nicht speichern.
error-passphrase_needed = Bitte gib die Passphrase ein.
error-no_passphrase = Hier gibt es keine Passphrase.
error-wrong_passphrase = Das ist nicht die Passphrase.
error-passphrase_empty = Eine Passphrase hat mindestens ein Zeichen.
error-key_exists = Es gibt schon einen Schlüssel.
error-key_missing = Der Schlüssel zu dem, was hier liegt, ist nicht da.
error-wrong_key = Dieser Schlüssel gehört zu etwas anderem.
error-vault_damaged = Der Schlüsselspeicher ist beschädigt.
error-vault_failed = Der Schlüsselspeicher hat nicht geantwortet.
error-no_randomness = Dieses Telefon gab keine Zufallszahlen her.
error-crypto_failed = Etwas ließ sich nicht versiegeln oder öffnen.
error-not_authentic = Ein Teil des hier Aufbewahrten lässt sich nicht bestätigen.
error-file_exists = Die Datei gibt es schon.
error-file_failed = Die Datei lässt sich nicht schreiben.
error-watching = Dieses Fenster bleibt schon verbunden.
error-bug = Das ist unser Fehler, nicht deiner.

# Pairing
error-not_paired = Dieses Telefon ist noch mit niemandem verbunden.
error-already_paired = Dieses Telefon ist schon verbunden.
error-invalid_link = Dieser Link lässt sich nicht verwenden.
error-invalid_words = Das sind nicht die acht Wörter.
error-no_invite = Diese Einladung gibt es nicht: Die Wörter sind andere, oder sie ist vorbei.
error-invite_expired = Die Einladung ist vorbei. Fangt neu an.
error-invite_burned = Jemand anders hat versucht, diese Einladung zu benutzen. Fangt neu an.
error-invite_newer = Die Einladung kommt von einer neueren Version. Bitte aktualisiere.
error-code_mismatch = Die Zahlen stimmen nicht überein. Fangt zur Sicherheit neu an.
error-cancelled = Abgebrochen
error-aborted = Das andere Telefon hat abgebrochen.
error-aborted_cancelled = Die andere Person hat abgebrochen.
error-aborted_code_mismatch = Auf dem anderen Telefon stimmten die Zahlen nicht überein. Fangt neu an.
error-aborted_expired = Auf dem anderen Telefon war die Zeit um. Fangt neu an.
error-pairing_pending = Das andere Telefon bestätigt es noch. Verbinde dich in einer Weile wieder.
error-pairing_failed = Die Telefone ließen sich nicht verbinden. Fangt neu an.
error-pairing_not_authentic = Was kam, ist nicht vom anderen Telefon. Fangt neu an.
error-pairing_malformed = Was kam, ließ sich nicht lesen. Fangt neu an.
error-pairing_certificate = Was das andere Telefon über sich zeigte, stimmt nicht. Fangt neu an.
error-pairing_too_large = Was zu senden war, ist zu groß.
error-same_member = Das ist ein Telefon von dir. Lade es als solches ein.

# The relay
error-no_relay = Es ist kein Relay eingestellt.
error-relay_unreachable = Das Relay ist nicht erreichbar. Was du geschrieben hast, bleibt und wird gesendet.
error-wrong_relay_pin = Das ist nicht das gemeinte Relay. Nichts wurde gesendet.
error-relay_protocol = Das Relay spricht eine andere Sprache als diese Version.
error-timed_out = Die Zeit war um, bevor alles gesendet und gelesen war.
error-stopped = Vorher angehalten
error-too_many_wait = Darauf warten schon zu viele.
error-box_full = Der Platz für euch zwei beim Relay ist voll. Was du geschrieben hast, bleibt auf diesem Telefon, bis Platz ist.
error-store_full = Der Speicher des Relays ist voll. Was du geschrieben hast, bleibt auf diesem Telefon.
error-rate_limited = Das Relay bittet um etwas Geduld.
error-shutting_down = Das Relay wird gerade beendet. Es wird wieder versucht.
error-too_many_connections = Das Relay hat zu viele Verbindungen. Es wird wieder versucht.
error-too_many_boxes = Von diesem Anschluss wurde zu viel begonnen. Versuch es ein andermal wieder.
error-too_many_open_boxes = Diese Verbindung hat zu viel geöffnet.
error-too_many_items = Das war für das Relay zu viel auf einmal.
error-too_slow = Die Verbindung war zu langsam.
error-rendezvous_burned = Jemand anders war an diesem Treffpunkt. Fangt neu an.
error-rendezvous_expired = Der Treffpunkt ist vorbei. Fangt neu an.
error-rendezvous_full = Es ist kein Treffpunkt frei. Versucht es in einer Weile wieder.
error-rendezvous_too_large = Das ist zu groß für den Treffpunkt.
error-rendezvous_unknown = Diesen Treffpunkt hat niemand eröffnet.
error-bad_signature = Das Relay hat den Schlüssel nicht angenommen.
error-not_opened = Das Relay kennt dieses Fach auf dieser Verbindung nicht.
error-record_too_large = Ein Stück ist zu groß für das Relay.
error-record_empty = Ein Stück ist leer.
error-record_version = Das Relay bewahrt Stücke dieser Version nicht auf.
error-pack_too_large = Ein Paket ist zu groß für das Relay.
error-chunk_missing = Beim Relay fehlt ein Teil eines Pakets.
error-chunk_not_found = Das Relay hat einen Teil eines Pakets nicht.
error-chunk_too_large = Ein Teil eines Pakets ist zu groß für das Relay.
error-frame_too_large = Eine Nachricht an das Relay war zu groß.
error-malformed = Das Relay konnte eine Nachricht nicht lesen.
error-unknown_message = Das Relay kennt eine Nachricht nicht. Vielleicht ist es älter als diese App.
error-unknown_version = Das Relay kennt diese Version nicht.
error-protocol_violation = Das Relay hat das nicht erwartet.
error-internal = Beim Relay stimmt etwas nicht.
error-other = Das Relay gab eine Antwort, die diese Version nicht kennt.

# Why something that arrived was set aside
error-malformed_body = Es ließ sich nicht lesen.
error-text_not_normal = Es enthält versteckte Zeichen.
error-text_too_long = Der Text ist zu lang.
error-body_too_large = Es ist zu groß.
error-body_missing = Die Worte fehlen.
error-bad_refs = Es nennt etwas, das nicht passt.
error-bad_subject = Es spricht von der falschen Art von Sache.
error-incomplete = Es ist nicht vollständig.
error-unexpected_content = Es sagt mehr, als es sagen kann.
error-change_too_large = Eine Änderung ist zu groß.
error-change_other_chunk = Eine Änderung ist von anderer Art.
error-change_compressed = Eine Änderung ist auf eine Weise gepackt, die nicht angenommen wird.
error-change_checksum = Eine Änderung kam beschädigt an.
error-change_malformed = Eine Änderung ließ sich nicht lesen.
error-change_not_canonical = Eine Änderung ist nicht so geschrieben, wie es sein soll.
error-change_unknown = Eine Änderung kommt von etwas Neuerem.
error-change_operations = Eine Änderung sagt zu viel oder nichts.
error-change_counter = Eine Änderung folgt nicht auf die vorigen.
error-change_actors = Eine Änderung nennt andere, als sie gemacht haben.
error-change_remark = Eine Änderung trägt eine Bemerkung, die sie nicht haben darf.
error-change_sequence = Eine Änderung ist nicht an der Reihe.
error-change_sequence_taken = Eine andere Änderung hat diesen Platz.
error-change_schema = Eine Änderung gehört nicht zu dieser Art Text.
error-change_reference = Eine Änderung spricht von etwas, das nicht da ist.
error-change_waiting = Zu viele Änderungen warten auf andere.
error-change_inapplicable = Eine Änderung lässt sich nicht anwenden.
