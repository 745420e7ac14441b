# What screens say beside what the catalogue declares.

general-not-a-contract = This is not a legal contract.
general-about-earlier-wording = About an earlier wording
general-removed-words = Removed: { $words }
general-added-words = Added: { $words }
general-answer-waiting = One answer is waiting.
general-answered-after-reading = Answered after reading
general-answered-twice = Answered twice
general-question-withdrawn = The question was withdrawn.
general-asks = { $count ->
        [one] One question to you today
       *[other] { $count } questions to you today, together
    }
general-both-reached-out = You both reached out.
general-copy-may-remain = The words are gone from both phones after the next sync. A copy may have been kept elsewhere.
general-life-happened = Life happened.
general-newer-version = Made with a newer version of the app. Update to see all of it.
general-restored = Back again: it was changed while it was being removed.
general-settled = { $settled ->
        [yes] Both phones know it.
       *[other] Agreed here; the other phone will confirm it.
    }
general-vault-limits = Anyone who holds your unlocked phone can read what is on it.
general-withdrew = { $name } withdrew.
general-written-in = Written in { $language }
general-leave-note = You can leave at any time, alone. The other person's app shows what it shows for someone who writes nothing. Ending contact can raise the risk where there is violence: help is listed on the help page.

# Help
general-help-title = Help
general-help-afraid = Are you afraid of the person you share this with? Then exercises for two are not the right tool. Please talk to people who know about this.
general-help-local-number = In danger, call your local emergency number.
general-help-find = To find a service near you, look for a helpline for partner violence or for crisis support on the pages of your health service or your town.
general-help-safer-device = If somebody else can look into your phone, use another one for this.
general-help-source = From { $source }, checked on { $checked }
general-help-kind-emergency = In danger right now
general-help-kind-partner_violence = Violence or control in a relationship
general-help-kind-crisis = When you cannot go on
general-help-kind-couples = Counselling for couples

# Regions
region-at = Austria
region-ch = Switzerland
region-de = Germany
region-gb = United Kingdom
region-us = United States
