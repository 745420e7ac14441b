# Talking and listening.
family-talking = Talking and listening

# Note
practice-note = Note
practice-note-intro = A text that both of you write in.
field-title = Title
document-note-text = The text

# Feeling statement
practice-feeling_statement = How it is for me
practice-feeling_statement-intro = What you saw or heard, what you feel, what you need, and what you ask for.
field-feeling_statement-when = When …
    .hint = What a camera would have seen.
field-feeling_statement-feel = I feel …
field-feeling_statement-like = It is like …
field-feeling_statement-need = Because I need …
field-feeling_statement-request = Would you be willing to …?
    .hint = Something small that can be done, and that can be declined.
field-note = A few words
act-agree = Yes, gladly
act-feeling_statement-another_way = Rather in another way
act-decline = No
act-feeling_statement-reflected = I have said it back
act-feeling_statement-felt_heard = I feel heard

# Saying back
practice-reflect_back = What I heard
practice-reflect_back-intro = Say in your words what you heard. The person who spoke says whether that was it.
field-reflect_back-heard = What I heard
field-reflect_back-makes_sense = It makes sense to me because
field-reflect_back-correction = What I meant
act-reflect_back-yes = Yes, that is it
act-reflect_back-partly = In part
act-reflect_back-not_quite = Not quite

# Talk request
practice-talk_request = Can we talk?
practice-talk_request-intro = Ask for a good time to talk. Either of you can offer times, and it holds when both pick the same.
field-talk_request-topic = About what
    .hint = You can also say it later.
field-talk_request-kind = What I wish for
field-talk_request-urgency = How soon
field-length_minutes = How long, in minutes
field-talk_request-how = How
field-setting = Where it is quiet
field-talk_request-at = Day and time
choice-talk_request-kind-share = To share something
choice-talk_request-kind-be_comforted = To be comforted
choice-talk_request-kind-solve = To find a way
choice-urgency-soon = Soon
choice-urgency-this_week = This week
choice-urgency-no_hurry = No hurry
choice-how-together = In one room
choice-how-by_call = By call
choice-how-in_writing = In writing
choice-how-either = Either is fine
act-talk_request-offer = Offer a time
act-talk_request-pick = Pick this time
act-talk_request-postpone = Postpone it
act-talk_request-held = We talked

# Pause
practice-pause = Pause
practice-pause-intro = Stop for now, and say when you will be back. Either of you can take a pause alone.
field-back_at = Back on, at
field-pause-will_come_back = I will come back, and
act-pause-extend = A little longer
act-back = I am back
act-pause-park = Park the topic
practice-halt_check = What is going on in me
practice-halt_check-intro = A look at yourself, for you alone.
field-halt_check-hungry = Hungry
field-halt_check-angry = Angry
field-halt_check-lonely = Lonely
field-halt_check-tired = Tired
field-halt_check-helps_now = What helps me now
practice-space_request = I need room
practice-space_request-intro = A longer pause. You need nobody's leave to take one; agreeing on it can help.
field-space_request-need = What I need
field-back_on = Back on
field-space_request-contact = Contact until then
field-space_request-contact_note = More about that
field-space_request-text = Another way
choice-contact-none = None
choice-contact-emergencies_only = Only in an emergency
choice-contact-in_writing = In writing
choice-contact-at_set_times = At times we set
act-space_request-offer = Offer another way

# Parked topics
practice-parked_topic = Parked topics
practice-parked_topic-intro = What is open at the end of the day. It comes back tomorrow, or when you like.
document-parked_topic-topics = Topics
field-parked_topic-kind = What it is
field-parked_topic-resurfaces = Comes back on
field-parked_topic-weight = How heavy it is
field-parked_topic-text = My line about it
choice-kind-topic = A topic
choice-kind-worry = A worry
choice-parked_topic-weight-light = Light
choice-parked_topic-weight-middling = Middling
choice-parked_topic-weight-heavy = Heavy
act-parked_topic-my_line = My line about it
act-to_agenda = Put it on the agenda
act-parked_topic-talked = We talked about it
act-parked_topic-agreed = We agreed on something
act-let_go = Let it go
act-settle = It is settled
act-withdraw = Withdraw it

# Needs and triggers
practice-need = What I need
practice-need-intro = A need of yours, said aloud. The other person can add how they will try.
field-need-text = What I need
field-examples = For example
field-how_i_will_try = How I will try
practice-trigger_card = What sets me off
practice-trigger_card-intro = A situation that makes you anxious, and what helps you then.
field-trigger_card-situation = The situation
field-trigger_card-brings_up = What it brings up
field-trigger_card-signs = How one can tell
field-trigger_card-does_not_help = What does not help
field-trigger_card-words_that_help = Words that help

# For oneself
practice-generous_reading = A kinder reading
practice-generous_reading-intro = For you alone: what else could it have been?
field-event = What happened
field-generous_reading-first_story = My first story about it
field-generous_reading-kinder_readings = Three kinder ones
field-generous_reading-would_ask = What I would ask
practice-perspective_note = With your eyes
practice-perspective_note-intro = For you alone: how could it look from the other side?
field-perspective_note-their_view = How the other person may see it
field-perspective_note-their_feelings = What the other person may feel
field-perspective_note-do_not_know = What I do not know
practice-my_recollection = How I remember it
practice-my_recollection-intro = For you alone: how you remember a talk, and how it made you feel. You can trust that.
field-my_recollection-how_i_remember_it = How I remember it
field-my_recollection-how_i_felt = How I felt
field-my_recollection-what_i_trust = What I trust about it
practice-while_i_wait = While I wait
practice-while_i_wait-intro = Good things to do while an answer is not there yet.
field-while_i_wait-things = What does me good
field-while_i_wait-reminder_to_self = What I want to remember then
act-copied = Copied for the other person

# Telling
practice-heads_up = For you to know
practice-heads_up-intro = A plan, a change, your day: what you want to tell of your own accord. Nobody asks for it.
field-heads_up-text = What I want to tell
field-heads_up-kind = What it is
field-until = Until
choice-heads_up-kind-plan = A plan
choice-heads_up-kind-change_of_plan = A change of plan
choice-heads_up-kind-my_day = My day
choice-heads_up-kind-how_i_am = How I am
choice-heads_up-kind-money = Money
choice-heads_up-kind-something_hard = Something hard
practice-our_pattern = What happens between us
practice-our_pattern-intro = The circle that you both get into. Each of you tells only their own part.
field-our_pattern-when_you = When you …
field-our_pattern-i_do = I then …
field-our_pattern-underneath = Underneath I feel …
field-our_pattern-i_need = I need …
document-our_pattern-way_out = Our way out of it
