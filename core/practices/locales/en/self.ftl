# What is mine alone.
family-self = For me alone

# Journal
practice-journal_entry = Journal
practice-journal_entry-intro = For you alone. You can copy parts of it for the other person whenever you like.
field-text = In my words
field-journal_entry-prompt = A way to begin
choice-prompt-free = Just write
choice-prompt-what_i_feel = What I feel right now
choice-prompt-kind_words_to_me = What I would say to a good friend in my place
choice-prompt-what_i_lost = What I have lost, and what of it I miss
choice-prompt-my_anger = What my anger wants to protect
choice-prompt-what_i_am_worth = What I like about myself
choice-prompt-what_i_want = What I want from here on

# Readiness
practice-readiness_note = Where I stand
practice-readiness_note-intro = For you alone. Undecided is an answer. Leaving can be a good way, too.
field-readiness_note-where_i_am = Where I stand
field-readiness_note-would_need = What I would need
field-readiness_note-look_again = Look at it again on
choice-readiness_note-where_i_am-want_to_rebuild = I want to rebuild
choice-readiness_note-where_i_am-want_to_try = I want to try
choice-readiness_note-where_i_am-undecided = Undecided
choice-readiness_note-where_i_am-need_distance = I need distance
choice-readiness_note-where_i_am-want_to_leave = I want to leave

# Planning an apology
practice-apology_plan = Preparing an apology
practice-apology_plan-intro = For you alone: seven steps before you apologise.
field-apology_plan-good_in_me = What is good in me, whatever I did
field-apology_plan-own_up = What I did
field-apology_plan-what_to_say = What I want to say
field-apology_plan-good_time = When would be a good time
field-apology_plan-listen_for = What I want to listen for
field-apology_plan-act_on = What I will do
field-apology_plan-patience = How I give it time
