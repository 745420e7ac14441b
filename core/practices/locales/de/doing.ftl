# Doing what we said.
family-doing = Tun, was wir gesagt haben

# Commitment
practice-commitment = Zusage
practice-commitment-intro = Etwas, das du tun wirst, klein oder groß. Früh zu sagen, dass es nicht klappt, gehört dazu.
field-commitment-what = Was ich tun werde
field-commitment-trigger = Wann oder aus welchem Anlass
field-due = Bis wann
field-commitment-how_we_know = Woran wir es merken
field-commitment-size = Wie groß es ist
field-commitment-for_whom = Für wen
field-commitment-repeats = Wie oft
field-commitment-how_i_see_it = Wie ich es sehe
choice-size-everyday = Etwas Alltägliches
choice-size-some_effort = Etwas Aufwand
choice-size-big = Etwas Großes
choice-for_whom-me = Für mich
choice-for_whom-you = Für dich
choice-for_whom-us = Für uns
choice-for_whom-others = Für andere
act-commitment-wanted = Das ist, was ich brauche
act-commitment-begin = Ich habe begonnen
act-commitment-told_early = Es klappt nicht so, wie gesagt
act-commitment-kept = Ich habe es getan
act-commitment-not_kept = Ich habe es nicht getan
act-commitment-close = Damit ist es abgeschlossen
act-commitment-renegotiate = Neu verhandeln
act-commitment-terms_settled = Wir haben es neu geklärt
act-commitment-thanks = Danke
act-commitment-not_yet = Für mich ist es noch offen

# Roadmap
practice-roadmap = Unser Weg
practice-roadmap-intro = Wohin ihr wollt, Schritt für Schritt. Einen Schritt zurückzugehen, ist normal. Jede neue Fassung gilt, wenn beide zustimmen.
field-roadmap-where_to = Wohin wir wollen
field-roadmap-phase = Wo wir stehen
field-roadmap-phase_name = Unser Name dafür
field-roadmap-steps = Schritte
field-roadmap-support = Wer oder was uns unterstützt
field-roadmap-signs = Woran ich merke, dass es besser wird
field-roadmap-state = Wie weit es ist
choice-phase-make_good = Wiedergutmachen
choice-phase-understand = Verstehen
choice-phase-grow_closer = Näher kommen
choice-phase-maintain = Behalten, was hilft
choice-phase-own = Etwas Eigenes
choice-state-to_do = Offen
choice-state-doing = Dabei
choice-state-done = Getan
act-roadmap-tick = Sagen, wie weit es ist
act-roadmap-confirm = Das sehe ich auch so

# Setback note
practice-setback_note = Rückschritt
practice-setback_note-intro = Rückschritte gehören dazu. Schreib auf, was war und was hilft, zuerst für dich.
field-happened = Was geschehen ist
field-setback_note-pattern = Was ich daran von früher kenne
field-setback_note-learned = Was ich daraus mitnehme

# Goals
practice-goal = Gemeinsames Ziel
practice-goal-intro = Etwas, das ihr beide wollt. Es gilt, wenn beide zustimmen.
practice-personal_goal = Eigenes Ziel
practice-personal_goal-intro = Etwas, das du für dich willst. Du entscheidest, ob die andere Person es sieht und mitfiebert.
field-goal-what = Was wir wollen
field-personal_goal-what = Was ich will
field-why = Warum
field-horizon = Bis ungefähr wann
field-next_step = Der nächste Schritt
field-personal_goal-cheer_me_by = Wie du mich anfeuern kannst
choice-horizon-weeks = In ein paar Wochen
choice-horizon-months = In ein paar Monaten
choice-horizon-a_year = In etwa einem Jahr
choice-horizon-years = In ein paar Jahren
choice-horizon-someday = Irgendwann
act-begin = Ich bin unterwegs
act-reached = Erreicht
practice-encouragement = Ermutigung
practice-encouragement-intro = Feuere ein Ziel an, das der anderen Person oder euer gemeinsames.
field-encouragement-text = Was ich dir sagen möchte

# Values
practice-value = Was mir wichtig ist
practice-value-intro = Ein Wert von dir und wie er an einem gewöhnlichen Tag aussieht.
field-value-name = Sein Name
field-in_practice = Wie das im Alltag aussieht
field-value-weight = Wie wichtig mir das ist
field-value-lived_lately = Wann ich zuletzt danach gelebt habe
choice-value-weight-most = Mit am wichtigsten
choice-value-weight-much = Wichtig
choice-value-weight-some = Auch wichtig
practice-shared_values = Was uns wichtig ist
practice-shared_values-intro = Die Werte, die ihr teilt. Die Liste gilt, wenn beide zustimmen.
field-shared_values-values = Unsere Werte
