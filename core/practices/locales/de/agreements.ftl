# Agreements, and what is mine to say no to.
family-agreements = Vereinbarungen und Grenzen

# Agreement
practice-agreement = Vereinbarung
practice-agreement-intro = Worte, denen ihr beide zustimmt, genau so, wie sie da stehen. Es ist kein rechtlicher Vertrag, und ihr könnt ihn zusammen ändern oder jederzeit zurückziehen.
field-agreement-text = Was wir vereinbaren
    .hint = Sagt, was ihr tun werdet, in Worten, die ihr beide benutzen würdet.
field-category = Worum es geht
field-agreement-examples = Was dazu passt und was nicht
field-agreement-start = Ab wann
field-review = Wieder ansehen am
field-agreement-exceptions = Wann das nicht gilt
field-template = Begonnen mit
field-agreement-does_not_mean = Was das nicht bedeutet
field-agreement-tell_early = Wie wir uns früh Bescheid geben
field-agreement-why = Warum mir das wichtig ist
choice-category-communication = Wie wir reden
choice-category-support = Wie wir uns unterstützen
choice-category-private_space = Eigener Raum
choice-category-fidelity = Was nur uns gehört
choice-category-money = Geld
choice-category-family = Familie und Freundeskreis
choice-category-digital = Telefone und Netz
choice-category-chores = Was zu tun ist
choice-category-intimacy = Nähe
choice-category-other = Etwas anderes

# Boundary
practice-boundary = Grenze
practice-boundary-intro = Etwas, wozu du nein sagst. Sie gehört dir: Die andere Person kann sie zur Kenntnis nehmen, abstimmen kann darüber niemand.
field-boundary-limit = Wo meine Grenze ist
field-boundary-if_crossed = Was ich tue, wenn sie überschritten wird
field-helps = Was hilft
field-boundary-since = Seit

# Expectation
practice-expectation = Erwartung
practice-expectation-intro = Worauf ihr jeweils zählt, ausgesprochen statt erraten. Ihr könnt beide einen Vorschlag daraus machen.
field-topic = Thema
field-expectation-about = Um wen es geht
field-expectation-expectation = Was ich erwarte
field-expectation-strength = Wie wichtig es ist
field-expectation-where_from = Woher das kommt
choice-about-me = Mich
choice-about-us = Uns
choice-about-roles = Wer was macht
choice-strength-hope = Eine Hoffnung
choice-strength-need = Ein Bedürfnis
choice-strength-matters_most = Es ist mir am wichtigsten
act-promote = Als Vereinbarung vorschlagen

# Renegotiation
practice-renegotiation = Neu verhandeln
practice-renegotiation-intro = Etwas Vereinbartes passt für dich nicht mehr. Sag es bald, und sucht zusammen andere Wege. Bis dahin bleibt es, wie es ist.
field-renegotiation-reason = Warum
field-renegotiation-changed = Was sich geändert hat
field-renegotiation-needed_by = Bis wann es hilfreich wäre
field-renegotiation-meanwhile = Was ich bis dahin tun kann
field-renegotiation-text = Ein anderer Weg
field-rating = Wie das für mich ist
choice-rating-works = Passt für mich
choice-rating-could = Damit könnte ich leben
choice-rating-cant = Geht für mich nicht
act-renegotiation-offer = Einen anderen Weg anbieten
act-rate = Sagen, wie es für mich ist
act-renegotiation-choose = Diesen Weg wählen

# Charter
practice-charter = Unsere Grundlage
practice-charter-intro = Die Regeln dieser Beziehung an einem Ort: eigene Worte und die Vereinbarungen, die dazugehören. Es ist kein rechtlicher Vertrag.
field-charter-preamble = In unseren Worten
field-charter-agreements = Vereinbarungen, die dazugehören

# Recommitment
practice-recommitment = Neu entscheiden
practice-recommitment-intro = Was ihr beide wählt, für wie lange und was es beenden würde. Noch nicht sicher zu sein, ist auch in Ordnung.
field-recommitment-choosing = Was wir wählen
field-recommitment-would_end_it = Was es beenden würde
field-recommitment-why = Warum ich das wähle

# Beginnings of agreements
template-ways_of_talking = Wie wir miteinander reden
template-ways_of_talking-text = Wenn jemand von uns über etwas Schweres reden möchte, fragen wir zuerst nach einer guten Zeit. Wir lassen uns ausreden. Beide können um eine Pause bitten und sagen, wann es weitergeht.
template-support_and_space = Unterstützung und eigener Raum
template-support_and_space-text = Beide haben Zeit und Dinge für sich, ohne das erklären zu brauchen. Wer Unterstützung braucht, sagt, was helfen würde.
template-first_steps = Erste Schritte für einen neuen Anfang
template-first_steps-text = In den nächsten Wochen tun wir dies, und jenes lassen wir. Am Tag unten sehen wir es zusammen an, und beide können schon früher sagen, dass es nicht passt.
template-what_hurts_trust = Was Vertrauen verletzen würde
template-what_hurts_trust-text = Das ist für uns beide in Ordnung: … Das würde jemanden von uns verletzen, auch wenn weiter nichts geschieht: … Wenn wir nicht sicher sind, fragen wir vorher.
template-no_contact = Der Kontakt ist beendet
template-no_contact-text = Ich habe den Kontakt zu dieser Person beendet und nehme ihn nicht wieder auf. Wenn diese Person schreibt oder auftaucht, sage ich es dir am selben Tag, in meinen Worten. Niemand gibt Nachrichten oder Geräte heraus.
template-open_money = Offen über Geld
template-open_money-text = Wir sagen einander, was hereinkommt und was offen ist. Ab diesem Betrag reden wir, bevor wir ausgeben. Beide haben einen Betrag, über den niemand reden braucht.
template-kept_confidences = Was unter uns bleibt
template-kept_confidences-text = Wir reden gut voneinander, wenn die andere Person nicht dabei ist. Das dürfen andere wissen: … Das bleibt unter uns: …
template-fair_shares = Faire Verteilung
template-fair_shares-text = Das ist zu tun, und das macht wer. Wenn jemand nicht kann, sagen wir es früh und tauschen.
template-digital_life = Telefone und Netz
template-digital_life-text = Unsere Telefone und Nachrichten gehören uns selbst. Wir fragen, bevor wir etwas übereinander veröffentlichen. Zu diesen Zeiten legen wir die Telefone weg: …
