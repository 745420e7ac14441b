# Doing what we said.
family-doing = Doing what we said

# Commitment
practice-commitment = Promise
practice-commitment-intro = Something that you will do, small or big. Telling early that it will not work is part of keeping your word.
field-commitment-what = What I will do
field-commitment-trigger = When, or on what occasion
field-due = By when
field-commitment-how_we_know = How we will know
field-commitment-size = How big it is
field-commitment-for_whom = For whom
field-commitment-repeats = How often
field-commitment-how_i_see_it = How I see it
choice-size-everyday = An everyday thing
choice-size-some_effort = Some effort
choice-size-big = Something big
choice-for_whom-me = For me
choice-for_whom-you = For you
choice-for_whom-us = For us
choice-for_whom-others = For others
act-commitment-wanted = This is what I need
act-commitment-begin = I have begun
act-commitment-told_early = It will not work as I said
act-commitment-kept = I did it
act-commitment-not_kept = I did not do it
act-commitment-close = It is done with
act-commitment-renegotiate = Talk about other terms
act-commitment-terms_settled = We found other terms
act-commitment-thanks = Thank you
act-commitment-not_yet = For me it is still open

# Roadmap
practice-roadmap = Roadmap
practice-roadmap-intro = Where you want to go, step by step. Going back a step is normal. Each new version holds when both agree to it.
field-roadmap-where_to = Where we want to go
field-roadmap-phase = Where we are
field-roadmap-phase_name = Our name for it
field-roadmap-steps = Steps
field-roadmap-support = Who or what supports us
field-roadmap-signs = How I notice that it gets better
field-roadmap-state = How far it is
choice-phase-make_good = Making good
choice-phase-understand = Understanding
choice-phase-grow_closer = Growing closer
choice-phase-maintain = Keeping what helps
choice-phase-own = One of our own
choice-state-to_do = To do
choice-state-doing = Doing
choice-state-done = Done
act-roadmap-tick = Say how far it is
act-roadmap-confirm = I see it, too

# Setback note
practice-setback_note = Setback
practice-setback_note-intro = Setbacks belong to it. Write down what happened and what helps, for yourself first.
field-happened = What happened
field-setback_note-pattern = What I know about it from before
field-setback_note-learned = What I take from it

# Goals
practice-goal = Goal of ours
practice-goal-intro = Something that you both want. It holds when both agree.
practice-personal_goal = Goal of mine
practice-personal_goal-intro = Something that you want for yourself. You decide whether the other person sees it and cheers you on.
field-goal-what = What we want
field-personal_goal-what = What I want
field-why = Why
field-horizon = By about when
field-next_step = The next step
field-personal_goal-cheer_me_by = How you can cheer me on
choice-horizon-weeks = In some weeks
choice-horizon-months = In some months
choice-horizon-a_year = In about a year
choice-horizon-years = In some years
choice-horizon-someday = Someday
act-begin = I am on my way
act-reached = Reached
practice-encouragement = Encouragement
practice-encouragement-intro = Cheer for a goal, the other person's or your shared one.
field-encouragement-text = What I want to say to you

# Values
practice-value = What matters to me
practice-value-intro = A value of yours, and what it looks like on an ordinary day.
field-value-name = Its name
field-in_practice = What it looks like in practice
field-value-weight = How much it matters to me
field-value-lived_lately = When I lived it lately
choice-value-weight-most = Among the first
choice-value-weight-much = Much
choice-value-weight-some = Some
practice-shared_values = What matters to us
practice-shared_values-intro = The values that you share. The list holds when both agree.
field-shared_values-values = Our values
