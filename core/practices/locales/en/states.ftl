# Where things stand. What is said of many things is said once.

# Of anything
state-private = Only with me
state-shared = Shared
state-redacted = Words taken back
state-acknowledged = Taken note of
state-changed_since_acknowledged = Changed since it was taken note of
state-lifted = Lifted
state-open = Open
state-newer = Made with a newer version
state-both_shared = Both have told their side
state-one_side_shared = One side is told
state-promoted = Proposed as an agreement

# Of what both agree to
state-draft = Draft
state-proposed = Proposed
state-in_force = In force
state-amendment_pending = In force, a change is proposed
state-competing = Several wordings, side by side
state-crossed_consent = Each agreed to the other's wording
state-needs_reconsent = The wording has changed since
state-withdrawn = Withdrawn
state-retired = Ended
state-review_due = Time to look at it again

# Of what both answer before either reads
state-upcoming = To come
state-mine_sealed = Mine is written
state-theirs_sealed = An answer is waiting
state-both_sealed = Both are written
state-passed = Passed
state-unopened = Not opened

# Of requests
state-asked = Asked
state-alternatives_open = Other ways are on the table
state-mutually_acceptable = There is a way for both
state-settled = Settled
state-let_go = Let go
state-on_agenda = On the agenda
state-declined = Declined
state-times_offered = Times are on the table
state-talk_request-agreed = A time is agreed
state-agreed = Agreed
state-postponed = Postponed
state-held = Talked
state-will_answer_by = An answer will come
state-answer_in_talk = To be answered in a talk
state-answered = Answered
state-information_request-corrected = Answer corrected
state-paused = Pause
state-returned = Back again
state-moved_to_parking = Topic parked
state-offered = Offered
state-apology-received = Received
state-apology-more_time = More time, please
state-apology-something_missing = Something is missing
state-apology-accepted = Accepted

# Of doing and wanting
state-commitment-wanted = Wanted
state-active = Under way
state-commitment-told_early = Told early
state-commitment-renegotiating = Other terms are being looked for
state-commitment-owner_says_kept = Done
state-commitment-owner_says_not_kept = Not done
state-commitment-seen_differently = Seen differently
state-closed = Closed
state-idea = Idea
state-reached = Reached

# Of repair and talking
state-rupture-working = Talking about it
state-rupture-plan_made = There is a plan
state-rupture-at_rest = At rest
state-rupture-reopened = Opened again
state-repair_attempt-sent = Sent
state-repair_attempt-landed = It reached the other person
state-repair_attempt-not_now = Not now
state-shared_copy = A copy is shared
state-asked_since = Asked since
state-converted = Made into something
state-hold_over = Rested until today
state-reflected_back = Said back
state-felt_heard = Felt heard
state-request_answered = The request is answered
state-confirmed = Confirmed
state-reflect_back-corrected = Corrected
state-parked = Parked
state-talked = Talked about
state-not_for_one_now = Not for one of us now
state-trigger_card-faded = Faded
state-expired = Over

# Of days and meetings
state-planned = Planned
state-move_proposed = Another day is proposed
state-meeting-held = Took place
state-happened = Took place
state-skipped = Life happened
state-gathering = Gathering
state-decided = Decided
state-reviewed = Looked at again
state-underway = Under way
state-told_after = Told about it

# Of exercises
state-suggested = Suggested
state-both_in = Both are in
state-set_aside = Set aside
state-done = Done
