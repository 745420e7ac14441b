# What screens say beside what the catalogue declares.

general-not-a-contract = Das ist kein rechtlicher Vertrag.
general-about-earlier-wording = Zu einer früheren Fassung
general-removed-words = Entfernt: { $words }
general-added-words = Hinzugefügt: { $words }
general-answer-waiting = Eine Antwort wartet.
general-answered-after-reading = Nach dem Lesen geantwortet
general-answered-twice = Zweimal geantwortet
general-question-withdrawn = Die Frage wurde zurückgezogen.
general-asks = { $count ->
        [one] Eine Frage an dich heute
       *[other] { $count } Fragen an dich heute, zusammen
    }
general-both-reached-out = Ihr habt euch beide die Hand gereicht.
general-copy-may-remain = Die Worte sind nach dem nächsten Abgleich von beiden Telefonen weg. Eine Kopie kann anderswo geblieben sein.
general-life-happened = Das Leben kam dazwischen.
general-newer-version = Mit einer neueren Version der App gemacht. Aktualisiere, um alles zu sehen.
general-restored = Wieder da: Es wurde geändert, während es entfernt wurde.
general-settled = { $settled ->
        [yes] Beide Telefone wissen es.
       *[other] Hier vereinbart, das andere Telefon bestätigt es noch.
    }
general-vault-limits = Wer dein entsperrtes Telefon in der Hand hat, kann lesen, was darauf ist.
general-withdrew = { $name } hat zurückgezogen.
general-written-in = Geschrieben auf { $language }
general-leave-note = Du kannst jederzeit gehen, allein. Die App der anderen Person zeigt, was sie für jemanden zeigt, der nichts schreibt. Wo es Gewalt gibt, kann es gefährlicher werden, den Kontakt zu beenden: Hilfe steht auf der Hilfeseite.

# Help
general-help-title = Hilfe
general-help-afraid = Hast du Angst vor der Person, mit der du das hier teilst? Dann sind Übungen zu zweit nicht das Richtige. Bitte rede mit Menschen, die sich damit auskennen.
general-help-local-number = Ruf bei Gefahr die Notrufnummer an, die bei dir gilt.
general-help-find = Einen Dienst in deiner Nähe findest du, wenn du auf den Seiten deines Gesundheitsdienstes oder deiner Stadt nach einem Hilfetelefon bei Gewalt in der Beziehung oder nach Krisenhilfe suchst.
general-help-safer-device = Wenn jemand anders in dein Telefon sehen kann, nimm dafür ein anderes.
general-help-source = Von { $source }, geprüft am { $checked }
general-help-kind-emergency = Bei Gefahr in diesem Moment
general-help-kind-partner_violence = Gewalt oder Kontrolle in einer Beziehung
general-help-kind-crisis = Wenn du nicht mehr weiterweißt
general-help-kind-couples = Beratung für Paare

# Regions
region-at = Österreich
region-ch = Schweiz
region-de = Deutschland
region-gb = Vereinigtes Königreich
region-us = Vereinigte Staaten
