# Where things stand. What is said of many things is said once.

# Of anything
state-private = Nur bei mir
state-shared = Geteilt
state-redacted = Worte zurückgenommen
state-acknowledged = Zur Kenntnis genommen
state-changed_since_acknowledged = Seitdem geändert
state-lifted = Aufgehoben
state-open = Offen
state-newer = Mit einer neueren Version gemacht
state-both_shared = Beide haben ihre Seite erzählt
state-one_side_shared = Eine Seite ist erzählt
state-promoted = Als Vereinbarung vorgeschlagen

# Of what both agree to
state-draft = Entwurf
state-proposed = Vorgeschlagen
state-in_force = Gilt
state-amendment_pending = Gilt, eine Änderung ist vorgeschlagen
state-competing = Mehrere Fassungen nebeneinander
state-crossed_consent = Jede Seite hat der Fassung der anderen zugestimmt
state-needs_reconsent = Der Wortlaut hat sich seitdem geändert
state-withdrawn = Zurückgezogen
state-retired = Beendet
state-review_due = Zeit, es wieder anzusehen

# Of what both answer before either reads
state-upcoming = Kommt noch
state-mine_sealed = Meins ist geschrieben
state-theirs_sealed = Eine Antwort wartet
state-both_sealed = Beide sind geschrieben
state-passed = Ausgelassen
state-unopened = Nicht geöffnet

# Of requests
state-asked = Gefragt
state-alternatives_open = Andere Wege liegen auf dem Tisch
state-mutually_acceptable = Es gibt einen Weg für beide
state-settled = Geklärt
state-let_go = Gut sein gelassen
state-on_agenda = Auf der Tagesordnung
state-declined = Abgelehnt
state-times_offered = Zeiten liegen auf dem Tisch
state-talk_request-agreed = Eine Zeit ist vereinbart
state-agreed = Vereinbart
state-postponed = Verschoben
state-held = Geredet
state-will_answer_by = Eine Antwort wird kommen
state-answer_in_talk = Antwort im Gespräch
state-answered = Beantwortet
state-information_request-corrected = Antwort berichtigt
state-paused = Pause
state-returned = Wieder da
state-moved_to_parking = Thema geparkt
state-offered = Angeboten
state-apology-received = Gehört
state-apology-more_time = Bitte mehr Zeit
state-apology-something_missing = Etwas fehlt noch
state-apology-accepted = Angenommen

# Of doing and wanting
state-commitment-wanted = Gewünscht
state-active = Unterwegs
state-commitment-told_early = Früh Bescheid gegeben
state-commitment-renegotiating = Wird neu verhandelt
state-commitment-owner_says_kept = Getan
state-commitment-owner_says_not_kept = Nicht getan
state-commitment-seen_differently = Verschieden gesehen
state-closed = Abgeschlossen
state-idea = Idee
state-reached = Erreicht

# Of repair and talking
state-rupture-working = Im Gespräch
state-rupture-plan_made = Es gibt einen Plan
state-rupture-at_rest = Ruht
state-rupture-reopened = Wieder geöffnet
state-repair_attempt-sent = Geschickt
state-repair_attempt-landed = Angekommen
state-repair_attempt-not_now = Gerade nicht
state-shared_copy = Eine Kopie ist geteilt
state-asked_since = Inzwischen gefragt
state-converted = Etwas daraus gemacht
state-hold_over = Hat bis heute geruht
state-reflected_back = Wiedergegeben
state-felt_heard = Fühlt sich gehört
state-request_answered = Die Bitte ist beantwortet
state-confirmed = Bestätigt
state-reflect_back-corrected = Berichtigt
state-parked = Geparkt
state-talked = Besprochen
state-not_for_one_now = Gerade nicht für beide dran
state-trigger_card-faded = Verblasst
state-expired = Vorbei

# Of days and meetings
state-planned = Geplant
state-move_proposed = Ein anderer Tag ist vorgeschlagen
state-meeting-held = Hat stattgefunden
state-happened = Hat stattgefunden
state-skipped = Das Leben kam dazwischen
state-gathering = Am Sammeln
state-decided = Entschieden
state-reviewed = Wieder angesehen
state-underway = Unterwegs
state-told_after = Davon erzählt

# Of exercises
state-suggested = Vorgeschlagen
state-both_in = Beide sind dabei
state-set_aside = Beiseitegelegt
state-done = Getan
