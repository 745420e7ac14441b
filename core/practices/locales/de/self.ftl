# What is mine alone.
family-self = Nur für mich

# Journal
practice-journal_entry = Tagebuch
practice-journal_entry-intro = Nur für dich. Du kannst Teile davon für die andere Person kopieren, wann du willst.
field-text = In meinen Worten
field-journal_entry-prompt = Ein Anfang
choice-prompt-free = Einfach schreiben
choice-prompt-what_i_feel = Was ich gerade fühle
choice-prompt-kind_words_to_me = Was ich einem lieben Menschen an meiner Stelle sagen würde
choice-prompt-what_i_lost = Was ich verloren habe und was mir davon fehlt
choice-prompt-my_anger = Was meine Wut schützen will
choice-prompt-what_i_am_worth = Was ich an mir mag
choice-prompt-what_i_want = Was ich von nun an will

# Readiness
practice-readiness_note = Wo ich stehe
practice-readiness_note-intro = Nur für dich. Unentschieden ist auch eine Antwort. Auch zu gehen, kann ein guter Weg sein.
field-readiness_note-where_i_am = Wo ich stehe
field-readiness_note-would_need = Was ich bräuchte
field-readiness_note-look_again = Wieder ansehen am
choice-readiness_note-where_i_am-want_to_rebuild = Ich will wieder aufbauen
choice-readiness_note-where_i_am-want_to_try = Ich will es versuchen
choice-readiness_note-where_i_am-undecided = Unentschieden
choice-readiness_note-where_i_am-need_distance = Ich brauche Abstand
choice-readiness_note-where_i_am-want_to_leave = Ich will gehen

# Planning an apology
practice-apology_plan = Eine Entschuldigung vorbereiten
practice-apology_plan-intro = Nur für dich: sieben Schritte, bevor du dich entschuldigst.
field-apology_plan-good_in_me = Was gut an mir ist, was ich auch getan habe
field-apology_plan-own_up = Was ich getan habe
field-apology_plan-what_to_say = Was ich sagen will
field-apology_plan-good_time = Wann eine gute Zeit wäre
field-apology_plan-listen_for = Worauf ich hören will
field-apology_plan-act_on = Was ich tun werde
field-apology_plan-patience = Wie ich dem Zeit gebe
