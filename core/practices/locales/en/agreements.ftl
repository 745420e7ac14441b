# Agreements, and what is mine to say no to.
family-agreements = Agreements and limits

# Agreement
practice-agreement = Agreement
practice-agreement-intro = Words that both of you agree to, exactly as they stand. It is not a legal contract, and you can change it together or withdraw at any time.
field-agreement-text = What we agree
    .hint = Say what you will do, in words you would both use.
field-category = What it is about
field-agreement-examples = What fits, and what does not
field-agreement-start = From when
field-review = Look at it again on
field-agreement-exceptions = When it does not apply
field-template = Begun from
field-agreement-does_not_mean = What it does not mean
field-agreement-tell_early = How we tell each other early
field-agreement-why = Why it matters to me
choice-category-communication = How we talk
choice-category-support = How we support each other
choice-category-private_space = Room of our own
choice-category-fidelity = What is ours alone
choice-category-money = Money
choice-category-family = Family and friends
choice-category-digital = Phones and the net
choice-category-chores = What there is to do
choice-category-intimacy = Closeness
choice-category-other = Something else

# Boundary
practice-boundary = Limit
practice-boundary-intro = Something that you say no to. It is yours: the other person can take note of it, and nobody can vote on it.
field-boundary-limit = Where my limit is
field-boundary-if_crossed = What I will do if it is crossed
field-helps = What helps
field-boundary-since = Since

# Expectation
practice-expectation = Expectation
practice-expectation-intro = What each of you counts on, said aloud instead of guessed. Either of you can turn it into a proposal.
field-topic = Topic
field-expectation-about = About whom
field-expectation-expectation = What I expect
field-expectation-strength = How much it matters
field-expectation-where_from = Where that comes from
choice-about-me = Me
choice-about-us = Us
choice-about-roles = Who does what
choice-strength-hope = A hope
choice-strength-need = A need
choice-strength-matters_most = It matters most
act-promote = Propose it as an agreement

# Renegotiation
practice-renegotiation = Talk about other terms
practice-renegotiation-intro = Something that you agreed does not work for you any more. Say so soon, and look for other ways together. Until then it stays as it is.
field-renegotiation-reason = Why
field-renegotiation-changed = What has changed
field-renegotiation-needed_by = By when it would help
field-renegotiation-meanwhile = What I can do until then
field-renegotiation-text = Another way
field-rating = How that is for me
choice-rating-works = Works for me
choice-rating-could = I could live with it
choice-rating-cant = Not possible for me
act-renegotiation-offer = Offer another way
act-rate = Say how it is for me
act-renegotiation-choose = Choose this one

# Charter
practice-charter = Charter
practice-charter-intro = The rules of this relationship, in one place: words of your own and the agreements that belong to it. It is not a legal contract.
field-charter-preamble = In our words
field-charter-agreements = Agreements that belong to it

# Recommitment
practice-recommitment = Choosing it again
practice-recommitment-intro = What you both choose, for how long, and what would end it. Not being sure yet is fine, too.
field-recommitment-choosing = What we are choosing
field-recommitment-would_end_it = What would end it
field-recommitment-why = Why I choose it

# Beginnings of agreements
template-ways_of_talking = How we talk
template-ways_of_talking-text = When one of us wants to talk about something hard, we ask for a good time first. We let each other finish. Each of us can ask for a pause, and says when we go on.
template-support_and_space = Support and room of our own
template-support_and_space-text = Each of us has time and things of our own, without having to explain. When one of us needs support, we say what would help.
template-first_steps = First steps of a new start
template-first_steps-text = For the next weeks we do this, and we do not do that. We look at it together on the day below, and each of us can say earlier that it does not work.
template-what_hurts_trust = What would hurt trust
template-what_hurts_trust-text = This is fine for both of us: … This would hurt one of us, also if nothing more happens: … When we are not sure, we ask before.
template-no_contact = Contact has ended
template-no_contact-text = I have ended contact with this person, and I do not take it up again. If this person writes or turns up, I tell you that day, in my own words. Nobody hands over messages or devices.
template-open_money = Money in the open
template-open_money-text = We tell each other what comes in and what is owed. Above this amount we talk before we spend. Each of us has an amount that needs no talk.
template-kept_confidences = What stays between us
template-kept_confidences-text = We speak well of each other when the other is not there. This may be told to others: … This stays between us: …
template-fair_shares = Fair shares
template-fair_shares-text = This is what there is to do, and this is who does it. When somebody cannot, we say so early and swap.
template-digital_life = Phones and the net
template-digital_life-text = Our phones and messages are our own. We ask before we post something about each other. At these times we put phones away: …
