# Ways through a practice, step by step.

# Weekly meeting
guide-weekly_meeting = Thema für Thema
guide-weekly_meeting-fit_to_talk = Wie geht es euch? Wer hungrig, wütend, einsam oder müde ist, redet nach einer Pause besser.
guide-weekly_meeting-appreciate = Sagt beide, was ihr diese Woche geschätzt habt und was es über die andere Person sagt.
guide-weekly_meeting-went_well = Was lief diese Woche gut zwischen euch?
guide-weekly_meeting-choose_topic = Wählt ein Thema für heute.
guide-weekly_meeting-first_view = Du fängst an: Sag, wie es für dich ist.
guide-weekly_meeting-first_summary = Du hast zugehört: Fass zusammen, was du gehört hast, ohne darauf zu antworten.
guide-weekly_meeting-first_confirmed = War es das? Sag, was fehlt, oder bestätige es.
guide-weekly_meeting-second_view = Jetzt tauscht ihr: Sag, wie es für dich ist.
guide-weekly_meeting-second_summary = Fass zusammen, was du gehört hast, ohne darauf zu antworten.
guide-weekly_meeting-second_confirmed = War es das? Sag, was fehlt, oder bestätige es.
guide-weekly_meeting-core_needs = Was kannst du nicht aufgeben, und wo bist du beweglich?
guide-weekly_meeting-find_a_way = Sucht einen Weg, der achtet, was ihr beide nicht aufgeben könnt.
guide-weekly_meeting-one_thing = Womit könnte die andere Person dir diese Woche das Gefühl geben, geliebt zu sein?
guide-weekly_meeting-close = Schließt das Treffen ab.

# Meeting in four parts
guide-four_part_meeting = In vier Teilen
guide-four_part_meeting-appreciate = Beginnt mit dem, was ihr geschätzt habt.
guide-four_part_meeting-to_dos = Was ist zu tun, wer macht es und bis wann?
guide-four_part_meeting-good_times = Plant schöne Zeiten: für euch zwei und für jede Person allein.
guide-four_part_meeting-challenges = Ein oder zwei Dinge, die schwierig sind. Sucht, was helfen würde.
guide-four_part_meeting-close = Schließt das Treffen ab.

# Meeting that looks back and ahead
guide-review_meeting = Rückblick und Ausblick
guide-review_meeting-fit_to_talk = Wie geht es euch? Macht erst eine Pause, wenn ihr sie braucht.
guide-review_meeting-look_back = Was ist seit dem letzten Mal geschehen, und was wurde aus dem, was ihr euch vorgenommen habt?
guide-review_meeting-agree_agenda = Einigt euch, worüber ihr redet. Die Liste der Themen hilft.
guide-review_meeting-discuss = Geht es durch, ein Thema nach dem anderen.
guide-review_meeting-next_actions = Wer macht was und bis wann?
guide-review_meeting-reconnect = Endet mit etwas Liebem.
guide-review_meeting-close = Schließt das Treffen ab.

# Roadmap
guide-three_phases = In drei Abschnitten
guide-three_phases-make_good = Wiedergutmachen: die Verletzung hören, Fragen beantworten, beenden, was enden soll, und es im Tun zeigen.
guide-three_phases-understand = Verstehen: was ihr jeweils gebraucht habt, wie ihr redet, wenn es schwer wird, ein regelmäßiges Treffen.
guide-three_phases-grow_closer = Näher kommen: Rituale, Nähe, was ihr teilt.
guide-three_phases-maintain = Behalten, was hilft: Wählt aus, womit ihr weitermacht.

# Incident
guide-incident = Nachdem etwas war
guide-incident-calm = Ihr beginnt, wenn beide sagen, dass sie ruhig genug sind. Es eilt nicht.
guide-incident-feelings = Was hast du gefühlt? Nur Gefühle, keine Gründe.
guide-incident-realities = Wie war es für dich? Beide Erzählungen zählen.
guide-incident-understood = Was hast du von der anderen Erzählung verstanden?
guide-incident-triggers = Hat es etwas Älteres aufgewühlt? Nur, wenn du es sagen willst.
guide-incident-responsibility = Was ist dein Anteil, und was brauchst du noch?
guide-incident-plan = Jeweils etwas, das ihr tun könnt, damit es nächstes Mal besser geht.

# Phrases
guide-repair_phrases = Sätze, die uns helfen
guide-repair_phrases-mine = Welche Sätze hörst du in schweren Momenten gern und welche eher nicht?
guide-repair_phrases-read_together = Lest sie zusammen.

# Feeling statement
guide-observe_feel_need_ask = Vom Gesehenen zur Bitte
guide-observe_feel_need_ask-observe = Was hätte eine Kamera gesehen und gehört?
guide-observe_feel_need_ask-feel = Was fühlst du?
guide-observe_feel_need_ask-need = Was brauchst du, so wie es alle einmal brauchen?
guide-observe_feel_need_ask-ask = Um welche Kleinigkeit bittest du? Auch nein ist eine Antwort.

# Speaking and listening
guide-speak_and_listen = Sprechen und zuhören
guide-speak_and_listen-speak = Du hast das Wort. Fass dich kurz.
guide-speak_and_listen-say_back = Gib wieder, was du gehört hast. Noch keine Antwort.
guide-speak_and_listen-correct = War es das?
guide-speak_and_listen-swap = Jetzt hast du das Wort.
guide-speak_and_listen-say_back_again = Gib wieder, was du gehört hast.

# Pause
guide-pause = Eine Pause, die endet
guide-pause-notice = Nimm wahr, was in dir los ist.
guide-pause-name_the_return = Sag, wann du wieder da bist: frühestens in zwanzig Minuten.
guide-pause-apart = Tu etwas, das dich beruhigt.
guide-pause-come_back = Komm wieder, nimm dir länger, oder parkt das Thema.

# Our pattern
guide-the_circle_we_walk = Der Kreis, in dem wir gehen
guide-the_circle_we_walk-when_you = Was tut die andere Person, das dich in Gang setzt?
guide-the_circle_we_walk-what_i_do = Was tust du dann?
guide-the_circle_we_walk-underneath = Was fühlst du darunter?
guide-the_circle_we_walk-what_i_need = Was brauchst du?
guide-the_circle_we_walk-way_out = Wie könnt ihr euch sagen, dass ihr darin seid, und heraustreten?

# Old hurt
guide-old_hurt = Eine alte Verletzung
guide-old_hurt-now_or_then = Ist es von jetzt oder von damals?
guide-old_hurt-tell = Erzähl, was weh getan hat und wovor du Angst hattest.
guide-old_hurt-stay = Bleib dabei. Sag, was du verstehst.
guide-old_hurt-own_it = Wenn du einen Anteil hattest, sag es, mit Gefühl.
guide-old_hurt-ask_for_comfort = Was würde dich jetzt trösten?
guide-old_hurt-give_comfort = Gib es, wenn du kannst.
guide-old_hurt-new_story = Schreibt zusammen auf, wie ihr es jetzt erzählt.

# Agreement
guide-relationship_agreement = Schritt für Schritt zur Vereinbarung
guide-relationship_agreement-topic = Worum geht es?
guide-relationship_agreement-what = Was genau vereinbart ihr?
guide-relationship_agreement-why = Warum ist es euch jeweils wichtig?
guide-relationship_agreement-limits = Was bedeutet es nicht, und wann gilt es nicht?
guide-relationship_agreement-tell_early = Wie gebt ihr euch früh Bescheid, wenn es nicht klappt?
guide-relationship_agreement-review = Wann seht ihr es wieder an?
guide-relationship_agreement-both_agree = Es gilt, wenn beide denselben Worten zustimmen. Es ist kein rechtlicher Vertrag.

# Looking back
guide-look_back = Zusammen zurückblicken
guide-look_back-last_time = Was wurde aus dem vom letzten Mal?
guide-look_back-gather = Ihr schreibt jeweils Karten. Ihr lest sie, wenn beide fertig sind.
guide-look_back-talk = Redet darüber, wie es lief. Alle haben getan, was sie mit ihrem Wissen konnten.
guide-look_back-next = Höchstens drei Dinge für das nächste Mal.
guide-look_back-decide = Was nehmt ihr mit?

# Apology
guide-apology = Eine Entschuldigung in sieben Teilen
guide-apology-heard = Was hast du von der Verletzung gehört?
guide-apology-understand = Wie hat es sich wohl angefühlt?
guide-apology-what_i_did = Was hast du getan? Ohne Gründe.
guide-apology-regret = Was bereust du?
guide-apology-would_prevent = Frag, was von nun an helfen würde.
guide-apology-doing = Was tust du dafür?
guide-apology-keep_talking = Wie wirst du weiter reden? Die Antwort darf dauern.

# Planning an apology
guide-apology_plan = Vor einer Entschuldigung
guide-apology_plan-good_in_me = Finde erst Halt: Was ist gut an dir?
guide-apology_plan-own_up = Was hast du getan?
guide-apology_plan-what_to_say = Was willst du sagen?
guide-apology_plan-good_time = Frag nach einer guten Zeit.
guide-apology_plan-listen_for = Wie wirst du zuhören?
guide-apology_plan-act_on = Was wirst du tun?
guide-apology_plan-patience = Wie wirst du geduldig sein?

# Ten things
guide-ten_things = Zehn Dinge, in denen ich dir vertraue
guide-ten_things-write = Schreib zehn Dinge auf, jeweils mit einem Beispiel.
guide-ten_things-talk = Lest sie, und erzählt euch, warum.

# What may be pointed out
hint-absolutes = „Immer“ und „nie“ stimmen selten ganz. Kannst du ein Mal nennen?
hint-demands = Das klingt wie eine Forderung. Kannst du eine Bitte daraus machen?
hint-blame = Gefühle haben mit Bedürfnissen zu tun. Kannst du sagen, was du brauchst?
hint-excuses = Gründe haben ein anderes Mal Platz. Geht dieser Teil ohne sie?
hint-thoughts = Das ist vielleicht ein Gedanke. Was ist das Gefühl?
hint-persons = Da geht es um die Person. Kannst du sagen, was geschehen ist?

# Acts on any entry
act-scope_just_us = Nur unter uns
act-scope_therapist_ok = Darf in die Therapie mit
act-scope_open = Dürfen andere sehen
act-same_moment = Es ist derselbe Moment
act-other_moment = Es ist ein anderer Moment
act-unshare = Nichts mehr davon teilen
act-guide_start = Die Anleitung beginnen
act-guide_speak = Das Wort nehmen
act-guide_done = Dieser Schritt ist für mich getan
act-guide_confirm = Ich bestätige es
act-guide_reopen = Zurück zu diesem Schritt
field-guide = Anleitung
field-step = Schritt
