# Talking and listening.
family-talking = Reden und zuhören

# Note
practice-note = Notiz
practice-note-intro = Ein Text, in dem ihr beide schreibt.
field-title = Titel
document-note-text = Der Text

# Feeling statement
practice-feeling_statement = Wie es mir geht
practice-feeling_statement-intro = Was du gesehen oder gehört hast, was du fühlst, was du brauchst und worum du bittest.
field-feeling_statement-when = Wenn …
    .hint = Was eine Kamera gesehen hätte.
field-feeling_statement-feel = fühle ich …
field-feeling_statement-like = Es ist wie …
field-feeling_statement-need = weil ich … brauche
field-feeling_statement-request = Wärst du bereit, …?
    .hint = Etwas Kleines, das machbar ist und das man ablehnen kann.
field-note = Ein paar Worte
act-agree = Ja, gern
act-feeling_statement-another_way = Lieber anders
act-decline = Nein
act-feeling_statement-reflected = Ich habe es wiedergegeben
act-feeling_statement-felt_heard = Ich fühle mich gehört

# Saying back
practice-reflect_back = Was ich gehört habe
practice-reflect_back-intro = Sag in deinen Worten, was du gehört hast. Wer gesprochen hat, sagt, ob es das war.
field-reflect_back-heard = Was ich gehört habe
field-reflect_back-makes_sense = Ich kann das nachvollziehen, weil
field-reflect_back-correction = Was ich meinte
act-reflect_back-yes = Ja, das ist es
act-reflect_back-partly = Zum Teil
act-reflect_back-not_quite = Nicht ganz

# Talk request
practice-talk_request = Können wir reden?
practice-talk_request-intro = Frag nach einer guten Zeit zum Reden. Ihr könnt beide Zeiten anbieten, und es gilt, wenn ihr dieselbe wählt.
field-talk_request-topic = Worüber
    .hint = Du kannst es auch später sagen.
field-talk_request-kind = Was ich mir wünsche
field-talk_request-urgency = Wie bald
field-length_minutes = Wie lange, in Minuten
field-talk_request-how = Wie
field-setting = Wo es ruhig ist
field-talk_request-at = Tag und Uhrzeit
choice-talk_request-kind-share = Etwas mitteilen
choice-talk_request-kind-be_comforted = Getröstet werden
choice-talk_request-kind-solve = Einen Weg finden
choice-urgency-soon = Bald
choice-urgency-this_week = Diese Woche
choice-urgency-no_hurry = Es eilt nicht
choice-how-together = In einem Raum
choice-how-by_call = Am Telefon
choice-how-in_writing = Schriftlich
choice-how-either = Egal wie
act-talk_request-offer = Eine Zeit anbieten
act-talk_request-pick = Diese Zeit wählen
act-talk_request-postpone = Verschieben
act-talk_request-held = Wir haben geredet

# Pause
practice-pause = Pause
practice-pause-intro = Halt an und sag, wann du wieder da bist. Ihr könnt beide allein eine Pause nehmen.
field-back_at = Wieder da am, um
field-pause-will_come_back = Ich komme wieder, und
act-pause-extend = Noch etwas länger
act-back = Ich bin wieder da
act-pause-park = Das Thema parken
practice-halt_check = Was in mir los ist
practice-halt_check-intro = Ein Blick auf dich selbst, nur für dich.
field-halt_check-hungry = Hungrig
field-halt_check-angry = Wütend
field-halt_check-lonely = Einsam
field-halt_check-tired = Müde
field-halt_check-helps_now = Was mir jetzt hilft
practice-space_request = Ich brauche Abstand
practice-space_request-intro = Eine längere Pause. Du brauchst dafür keine Erlaubnis. Sich zu einigen, kann helfen.
field-space_request-need = Was ich brauche
field-back_on = Wieder da am
field-space_request-contact = Kontakt bis dahin
field-space_request-contact_note = Mehr dazu
field-space_request-text = Ein anderer Weg
choice-contact-none = Keiner
choice-contact-emergencies_only = Nur im Notfall
choice-contact-in_writing = Schriftlich
choice-contact-at_set_times = Zu Zeiten, die wir festlegen
act-space_request-offer = Einen anderen Weg anbieten

# Parked topics
practice-parked_topic = Geparkte Themen
practice-parked_topic-intro = Was am Ende des Tages offen ist. Es kommt morgen wieder oder wann ihr wollt.
document-parked_topic-topics = Themen
field-parked_topic-kind = Was es ist
field-parked_topic-resurfaces = Kommt wieder am
field-parked_topic-weight = Wie schwer es wiegt
field-parked_topic-text = Meine Zeile dazu
choice-kind-topic = Ein Thema
choice-kind-worry = Eine Sorge
choice-parked_topic-weight-light = Leicht
choice-parked_topic-weight-middling = Mittel
choice-parked_topic-weight-heavy = Schwer
act-parked_topic-my_line = Meine Zeile dazu
act-to_agenda = Auf die Tagesordnung
act-parked_topic-talked = Wir haben darüber geredet
act-parked_topic-agreed = Wir haben etwas vereinbart
act-let_go = Gut sein lassen
act-settle = Es ist geklärt
act-withdraw = Zurückziehen

# Needs and triggers
practice-need = Was ich brauche
practice-need-intro = Ein Bedürfnis von dir, ausgesprochen. Die andere Person kann ergänzen, wie sie es versuchen will.
field-need-text = Was ich brauche
field-examples = Zum Beispiel
field-how_i_will_try = Wie ich es versuchen will
practice-trigger_card = Was mich aus der Ruhe bringt
practice-trigger_card-intro = Eine Situation, die dir Angst macht, und was dir dann hilft.
field-trigger_card-situation = Die Situation
field-trigger_card-brings_up = Was sie auslöst
field-trigger_card-signs = Woran man es merkt
field-trigger_card-does_not_help = Was nicht hilft
field-trigger_card-words_that_help = Worte, die helfen

# For oneself
practice-generous_reading = Eine freundlichere Lesart
practice-generous_reading-intro = Nur für dich: Was könnte es sonst gewesen sein?
field-event = Was geschehen ist
field-generous_reading-first_story = Meine erste Geschichte dazu
field-generous_reading-kinder_readings = Drei freundlichere
field-generous_reading-would_ask = Was ich fragen würde
practice-perspective_note = Mit deinen Augen
practice-perspective_note-intro = Nur für dich: Wie könnte es von der anderen Seite aussehen?
field-perspective_note-their_view = Wie die andere Person es sehen könnte
field-perspective_note-their_feelings = Was die andere Person fühlen könnte
field-perspective_note-do_not_know = Was ich nicht weiß
practice-my_recollection = Wie ich es erinnere
practice-my_recollection-intro = Nur für dich: wie du ein Gespräch erinnerst und wie es dir damit ging. Darauf kannst du dich verlassen.
field-my_recollection-how_i_remember_it = Wie ich es erinnere
field-my_recollection-how_i_felt = Wie es mir ging
field-my_recollection-what_i_trust = Worauf ich mich dabei verlasse
practice-while_i_wait = Während ich warte
practice-while_i_wait-intro = Gutes, das du tun kannst, solange eine Antwort noch nicht da ist.
field-while_i_wait-things = Was mir guttut
field-while_i_wait-reminder_to_self = Woran ich dann denken will
act-copied = Für die andere Person kopiert

# Telling
practice-heads_up = Damit du es weißt
practice-heads_up-intro = Ein Plan, eine Änderung, dein Tag: was du von dir aus erzählen willst. Niemand fragt danach.
field-heads_up-text = Was ich erzählen will
field-heads_up-kind = Was es ist
field-until = Bis
choice-heads_up-kind-plan = Ein Plan
choice-heads_up-kind-change_of_plan = Eine Planänderung
choice-heads_up-kind-my_day = Mein Tag
choice-heads_up-kind-how_i_am = Wie es mir geht
choice-heads_up-kind-money = Geld
choice-heads_up-kind-something_hard = Etwas Schweres
practice-our_pattern = Was zwischen uns abläuft
practice-our_pattern-intro = Der Kreis, in den ihr beide geratet. Ihr erzählt jeweils nur euren Teil.
field-our_pattern-when_you = Wenn du …
field-our_pattern-i_do = dann … ich
field-our_pattern-underneath = Darunter fühle ich …
field-our_pattern-i_need = Ich brauche …
document-our_pattern-way_out = Unser Weg hinaus
