# Ways through a practice, step by step.

# Weekly meeting
guide-weekly_meeting = Topic by topic
guide-weekly_meeting-fit_to_talk = How are you? Hungry, angry, lonely or tired people talk better after a break.
guide-weekly_meeting-appreciate = Each of you says what you appreciated this week, and what it says about the other person.
guide-weekly_meeting-went_well = What went well between you this week?
guide-weekly_meeting-choose_topic = Choose one topic for today.
guide-weekly_meeting-first_view = You begin: say how it is for you.
guide-weekly_meeting-first_summary = You listened: sum up what you heard, without answering it.
guide-weekly_meeting-first_confirmed = Was that it? Say what is missing, or confirm it.
guide-weekly_meeting-second_view = Now swap: say how it is for you.
guide-weekly_meeting-second_summary = Sum up what you heard, without answering it.
guide-weekly_meeting-second_confirmed = Was that it? Say what is missing, or confirm it.
guide-weekly_meeting-core_needs = What can you not give up, and where can you bend?
guide-weekly_meeting-find_a_way = Look for a way that respects what both of you cannot give up.
guide-weekly_meeting-one_thing = What could the other person do this week that would make you feel loved?
guide-weekly_meeting-close = Close the meeting.

# Meeting in four parts
guide-four_part_meeting = In four parts
guide-four_part_meeting-appreciate = Begin with what you appreciated.
guide-four_part_meeting-to_dos = What is there to do, who does it, and by when?
guide-four_part_meeting-good_times = Plan good times: for the two of you, and for each alone.
guide-four_part_meeting-challenges = One or two things that are difficult. Look for what would help.
guide-four_part_meeting-close = Close the meeting.

# Meeting that looks back and ahead
guide-review_meeting = Looking back and ahead
guide-review_meeting-fit_to_talk = How are you? Take a break first if you need one.
guide-review_meeting-look_back = What happened since last time, and what became of what you planned?
guide-review_meeting-agree_agenda = Agree what you will talk about. The list of topics helps.
guide-review_meeting-discuss = Go through it, one topic at a time.
guide-review_meeting-next_actions = Who does what, and by when?
guide-review_meeting-reconnect = End with something kind.
guide-review_meeting-close = Close the meeting.

# Roadmap
guide-three_phases = In three phases
guide-three_phases-make_good = Making good: hear the hurt, answer questions, end what has to end, show it in what you do.
guide-three_phases-understand = Understanding: what each of you needed, how you talk when it gets hard, a regular meeting.
guide-three_phases-grow_closer = Growing closer: rituals, closeness, what you share.
guide-three_phases-maintain = Keeping what helps: choose what you go on with.

# Incident
guide-incident = After something happened
guide-incident-calm = You begin when both say that they are calm enough. There is no hurry.
guide-incident-feelings = What did you feel? Feelings only, no reasons.
guide-incident-realities = How was it for you? Both tellings count.
guide-incident-understood = What did you understand of the other telling?
guide-incident-triggers = Did it stir up something older? Only if you want to say it.
guide-incident-responsibility = What is your part in it, and what do you still need?
guide-incident-plan = One thing each of you can do so that it goes better next time.

# Phrases
guide-repair_phrases = Phrases that help us
guide-repair_phrases-mine = Which sentences do you like to hear in a hard moment, and which rather not?
guide-repair_phrases-read_together = Read them together.

# Feeling statement
guide-observe_feel_need_ask = From what you saw to what you ask for
guide-observe_feel_need_ask-observe = What would a camera have seen and heard?
guide-observe_feel_need_ask-feel = What do you feel?
guide-observe_feel_need_ask-need = What do you need, as everybody needs it at times?
guide-observe_feel_need_ask-ask = What small thing do you ask for? No is an answer, too.

# Speaking and listening
guide-speak_and_listen = Speaking and listening
guide-speak_and_listen-speak = You have the floor. Keep it short.
guide-speak_and_listen-say_back = Say back what you heard. No answer yet.
guide-speak_and_listen-correct = Was that it?
guide-speak_and_listen-swap = Now you have the floor.
guide-speak_and_listen-say_back_again = Say back what you heard.

# Pause
guide-pause = A pause that ends
guide-pause-notice = Notice what is going on in you.
guide-pause-name_the_return = Say when you will be back: in twenty minutes at the earliest.
guide-pause-apart = Do something that calms you.
guide-pause-come_back = Come back, take longer, or park the topic.

# Our pattern
guide-the_circle_we_walk = The circle we walk in
guide-the_circle_we_walk-when_you = What does the other person do that sets you off?
guide-the_circle_we_walk-what_i_do = What do you do then?
guide-the_circle_we_walk-underneath = What do you feel underneath?
guide-the_circle_we_walk-what_i_need = What do you need?
guide-the_circle_we_walk-way_out = How can you tell each other that you are in it, and step out?

# Old hurt
guide-old_hurt = An old hurt
guide-old_hurt-now_or_then = Is it from now, or from then?
guide-old_hurt-tell = Tell what hurt, and what you were afraid of.
guide-old_hurt-stay = Stay with it. Say what you understand.
guide-old_hurt-own_it = If you had a part in it, say so, with feeling.
guide-old_hurt-ask_for_comfort = What would comfort you now?
guide-old_hurt-give_comfort = Give it, if you can.
guide-old_hurt-new_story = Write down together how you tell it now.

# Agreement
guide-relationship_agreement = To an agreement, step by step
guide-relationship_agreement-topic = What is it about?
guide-relationship_agreement-what = What exactly do you agree?
guide-relationship_agreement-why = Why does it matter to each of you?
guide-relationship_agreement-limits = What does it not mean, and when does it not apply?
guide-relationship_agreement-tell_early = How do you tell each other early when it does not work?
guide-relationship_agreement-review = When will you look at it again?
guide-relationship_agreement-both_agree = It holds when both agree to the same words. It is not a legal contract.

# Looking back
guide-look_back = Looking back together
guide-look_back-last_time = What became of last time's?
guide-look_back-gather = Each of you writes cards. You read them when both are ready.
guide-look_back-talk = Talk about how things went. Everyone did what they could with what they knew.
guide-look_back-next = Three things at most for next time.
guide-look_back-decide = What do you take with you?

# Apology
guide-apology = An apology in seven parts
guide-apology-heard = What did you hear of the hurt?
guide-apology-understand = How do you think it felt?
guide-apology-what_i_did = What did you do? Without reasons.
guide-apology-regret = What do you regret?
guide-apology-would_prevent = Ask what would help from here on.
guide-apology-doing = What are you doing about it?
guide-apology-keep_talking = How will you keep talking? The answer may take its time.

# Planning an apology
guide-apology_plan = Before an apology
guide-apology_plan-good_in_me = Find your feet first: what is good in you?
guide-apology_plan-own_up = What did you do?
guide-apology_plan-what_to_say = What do you want to say?
guide-apology_plan-good_time = Ask for a good time.
guide-apology_plan-listen_for = How will you listen?
guide-apology_plan-act_on = What will you do?
guide-apology_plan-patience = How will you be patient?

# Ten things
guide-ten_things = Ten things in which I trust you
guide-ten_things-write = Write ten things, each with an example.
guide-ten_things-talk = Read them, and tell each other why.

# What may be pointed out
hint-absolutes = "Always" and "never" are seldom quite true. Could you name one time?
hint-demands = That sounds like a demand. Could you make it a request?
hint-blame = Feelings have to do with needs. Could you say what you need?
hint-excuses = Reasons can come another time. Could this part do without them?
hint-thoughts = That may be a thought. What is the feeling?
hint-persons = That is about the person. Could you say what happened?

# Acts on any entry
act-scope_just_us = Only between us
act-scope_therapist_ok = May be taken to therapy
act-scope_open = May be shown to others
act-same_moment = It is the same moment
act-other_moment = It is another moment
act-unshare = Share no more of it
act-guide_start = Begin the guide
act-guide_speak = Take the floor
act-guide_done = This step is done for me
act-guide_confirm = I confirm it
act-guide_reopen = Back to this step
field-guide = Guide
field-step = Step
