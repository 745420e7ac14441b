//! What the build script compiles the catalogue with, given bad files.

#[path = "../../../../practices/parser/mod.rs"]
mod parser;

const ONE: &str = r#"
[[practice]]
id = "one"
version = 1
shape = "own_entry"
writers = "author"
rows = [1]
test = "life_of_one"
[[practice.field]]
number = 1
name = "text"
type = "text"
limit = 10
"#;

const FACETS: &str = r#"
[[practice]]
id = "one"
version = 1
shape = "own_entry"
writers = "author"
rows = [1]
test = "life_of_one"
guide = "way"
[[practice.field]]
number = 1
name = "text"
type = "text"
limit = 10
hints = ["blame"]
[[practice.field]]
number = 1
name = "reply"
type = "text"
limit = 10
part = "side"
by = "other"
[[practice.field]]
number = 2
name = "day"
type = "date"
[[practice.act]]
id = "kept"
by = "author"
on = "wording"
group = "log"
[[practice.act.field]]
number = 1
name = "note"
type = "text"
limit = 10
[[practice.state]]
id = "done"
when = ["author:kept", "side:other"]
[[practice.state]]
id = "open"
[[practice.label]]
id = "due"
field = "day"
when = "after"
[[practice.document]]
part = "list"
schema = "list"
holds = ["one"]
[[practice.document.field]]
number = 1
name = "title"
type = "text"
limit = 5
[[guide]]
id = "way"
practice = "one"
rows = [1]
test = "guide_of_the_way"
[[guide.step]]
id = "first"
turn = "each"
writes = ["text", "document:list", "act:kept", "new:one"]
hints = ["blame"]
[[guide.step]]
id = "second"
turn = "both"
gate = ["first/both:done"]
[[hint]]
id = "blame"
words = { en = ["because of you"], de = ["wegen dir"] }
"#;

const ASK: &str = r#"
[[practice]]
id = "ask_me"
version = 1
shape = "ask"
writers = "author"
rows = [1]
test = "life_of_ask_me"
alternatives = { rate = "rate", rating = 1, slot = 1 }
[[practice.field]]
number = 1
name = "text"
type = "text"
limit = 10
[[practice.state]]
id = "asked"
[[practice.state]]
id = "answered"
[[practice.state]]
id = "taken_back"
[[practice.state]]
id = "agreed"
of = "answered"
when = ["picked"]
[[practice.act]]
id = "offer"
by = "each"
on = "entry"
group = "offer"
field = [{ number = 1, name = "day", type = "date" }]
[[practice.act]]
id = "rate"
by = "each"
on = "alternative"
field = [{ number = 1, name = "rating", type = "choice", choices = ["works", "could", "cant"] }]
[[practice.act]]
id = "answer"
by = "other"
on = "entry"
from = ["asked"]
to = "answered"
rank = "answer"
[[practice.act]]
id = "take_back"
by = "author"
on = "entry"
from = ["*"]
to = "taken_back"
rank = "withdraw"
"#;

const CONTENT: &str = r#"
[[practice]]
id = "deal"
version = 1
shape = "revisions"
writers = "both"
rows = [1]
test = "life_of_deal"
[[practice.field]]
number = 1
name = "category"
type = "choice"
choices = ["money", "other"]
[[practice.field]]
number = 2
name = "template"
type = "choice"
choices = ["open_books", "two"]
[[practice.field]]
number = 3
name = "card"
type = "choice"
choices = ["walk", "talk"]
[[practice.field]]
number = 4
name = "after_days"
type = "uint"
min = 1
max = 5
[[template]]
id = "open_books"
practice = "deal"
category = "money"
rows = [8]
[[card]]
id = "walk"
practice = "deal"
depth = 1
rows = [72]
[[operation]]
id = "leave"
rows = [79]
test = "leaving_is_quiet"
[[row]]
number = 1
what = "A first row."
[[region]]
id = "de"
[[region.entry]]
name = "A line"
kind = "crisis"
contact = "a number"
source = "https://example.org/line"
checked = 2026-11-22
"#;

fn compile(text: &str) -> Result<String, String> {
    parser::compile(&[("family".into(), text.into())])
}

/// Each case replaces one part of a good file; what is refused is on a line, counted from 1, that has the given words.
#[track_caller]
fn refused(good: &str, cases: &[(&str, &str, &str, &str)]) {
    compile(good).expect("the file is good as it is");
    for (part, bad, on, message) in cases {
        assert!(good.contains(part), "{part}");
        let text = good.replacen(part, bad, 1);
        let error = compile(&text).expect_err(bad);
        let place = error.strip_prefix("core/practices/family.toml:").and_then(|rest| rest.split_once(": "));
        let line = place.and_then(|(line, _)| text.lines().nth(line.parse::<usize>().ok()?.checked_sub(1)?));
        assert!(line.is_some_and(|line| line.contains(on)) && error.contains(message), "{bad}: {error}: {line:?}");
    }
}

#[test]
fn an_empty_choice_of_files_is_an_empty_catalogue() {
    let empty = parser::compile(&[]).expect("compiles");
    assert!(empty.contains("pub(super) static READY_PRACTICES: &[Practice] = &[\n];\n"), "{empty}");
}

#[test]
fn what_waits_is_declared_and_not_offered() {
    let ready = |text: &str| {
        let compiled = compile(text).expect("compiles");
        let list = |name: &str| {
            let (_, rest) = compiled.split_once(name).expect("a list");
            rest.split_once("];\n").expect("its end").0.to_owned()
        };
        (list(" PRACTICES"), list("READY_PRACTICES"))
    };
    let (all, offered) = ready(&ONE.replace("version = 1", "version = 1\nready = false"));
    assert!(all.contains("life_of_one") && !offered.contains("life_of_one"));
    let waiting = FACETS.replace("by = \"other\"", "by = \"other\"\nready = false");
    let waiting = waiting.replace("id = \"kept\"", "id = \"kept\"\nready = false");
    let waiting = waiting.replace("part = \"list\"", "part = \"list\"\nready = false");
    let waiting = waiting.replace("id = \"way\"", "id = \"way\"\nready = false");
    let waiting = waiting.replace("id = \"due\"", "id = \"due\"\nready = false");
    let waiting = waiting.replace("id = \"done\"", "id = \"done\"\nready = false");
    let waiting = waiting.replace("id = \"open\"", "id = \"open\"\nready = false");
    let (all, offered) = ready(&waiting);
    for part in ["Some(Side", "Act {", "Document {", "\"way\"", "Label {", "\"open\""] {
        assert!(all.contains(part) && !offered.contains(part), "{part}: {offered}");
    }
    assert!(offered.contains("side: None") && offered.contains("\"shared\""), "{offered}");
}

#[test]
fn bad_practices_are_refused_by_file_and_line() {
    let field = "[[practice.field]]\nnumber = 1\nname = \"text\"\ntype = \"text\"\nlimit = 10\n";
    refused(
        ONE,
        &[
            ("\"one\"", "\"One\"", "\"One\"", "a code"),
            ("\"one\"", "one", "id = one", ""),
            ("id = \"one\"\n", "", "[[practice]]", "missing field `id`"),
            ("version = 1", "version = 0", "version = 0", "versions"),
            ("version = 1", "version = \"1\"", "version", "invalid type"),
            ("own_entry", "own_thing", "own_thing", "one of own_entry"),
            ("own_entry", "two_sides", "two_sides", "fields on a side"),
            ("\"author\"", "\"both\"", "both", "one writer"),
            ("\"author\"", "\"nobody\"", "nobody", "one of author"),
            ("rows = [1]", "rows = []", "rows", "1 to 79"),
            ("rows = [1]", "rows = [80]", "rows", "1 to 79"),
            ("rows = [1]", "rows = [2, 1]", "rows", "1 to 79"),
            ("life_of_one", "life_of_two", "life_of_two", "life_of_one"),
            ("test", "schedule = \"daily\"\ntest", "schedule", "comes back"),
            ("test", "built_in = true\ntest", "built_in", "every space"),
            ("test", "safety = [\"none\"]\ntest", "safety", "one of no_proof"),
            ("test", "guide = \"nowhere\"\ntest", "guide", "no such guide"),
            ("test", "colour = 3\ntest", "colour", "unknown field"),
            (field, "", "[[practice]]", "has fields"),
        ],
    );
    let twice = compile(&format!("{ONE}{ONE}")).expect_err("refused");
    assert!(twice.starts_with("core/practices/family.toml:16: a second practice"), "{twice}");
    let twice = parser::compile(&[("one".into(), ONE.into()), ("two".into(), ONE.into())]);
    assert!(twice.expect_err("refused").starts_with("core/practices/two.toml:3: "));
}

#[test]
fn bad_fields_are_refused_by_file_and_line() {
    let whole = "\"text\"\ntype = \"text\"\nlimit = 10";
    let kind = "\"text\"\nlimit = 10";
    refused(
        ONE,
        &[
            ("number = 1", "number = 0", "number = 0", "number of its own"),
            ("name = \"text\"", "name = \"my text\"", "my text", "a code"),
            ("type = \"text\"", "type = \"prose\"", "prose", "a type is"),
            ("type = \"text\"", "type = \"bool\"", "limit = 10", "has no `limit`"),
            ("limit = 10", "limit = 0", "limit = 0", "more than 0"),
            ("limit = 10\n", "limit = 10\nmin = 1\n", "min = 1", "has no `min`"),
            ("limit = 10\n", "", "[[practice.field]]", "`text` needs `limit`"),
            ("limit = 10", "limit = 40000", "[[practice]]", "the fields may have"),
            (whole, "\"trust\"\ntype = \"uint\"\nmin = 1\nmax = 5", "\"trust\"", "would be a score"),
            (whole, "\"in_days\"\ntype = \"uint\"\nmin = 2\nmax = 1", "[[practice.field]]", "`min` is above"),
            (kind, "\"choice\"\nchoices = [\"a\"]", "choices", "two or more"),
            (kind, "\"choice\"\nchoices = [\"a\", \"a\"]", "choices", "two or more"),
            ("limit = 10", "limit = 10\nhints = [\"none\"]", "none", "no such hint"),
        ],
    );
    let second = "[[practice.field]]\nnumber = 1\nname = \"more\"\ntype = \"bool\"\n";
    let namesake = "[[practice.field]]\nnumber = 2\nname = \"text\"\ntype = \"bool\"\n";
    for (more, message) in [(second, ":15: a field has a number of its own"), (namesake, ":16: a second field")] {
        let error = compile(&format!("{ONE}{more}")).expect_err(message);
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn bad_facets_are_refused_by_file_and_line() {
    refused(
        FACETS,
        &[
            ("by = \"other\"", "by = \"author\"", "by = \"author\"", "one of each, other"),
            ("by = \"other\"\n", "", "\"reply\"", "says by whom"),
            ("hints = [\"blame\"]", "by = \"each\"", "by = \"each\"", "only a field of a side"),
            ("id = \"kept\"", "id = \"Kept\"", "Kept", "a code"),
            ("by = \"author\"", "by = \"me\"", "\"me\"", "one of author"),
            ("on = \"wording\"", "on = \"thing\"", "thing", "one of entry"),
            ("on = \"wording\"", "on = \"occurrence\"", "occurrence", "has no occurrence"),
            ("on = \"wording\"", "on = \"alternative\"", "alternative", "has no alternative"),
            ("group = \"log\"", "to = \"done\"", "to = ", "only an `ask`"),
            ("author:kept", "author:missed", "missed", "no such act"),
            ("author:kept", "both:kept", "both:kept", "cannot meet"),
            ("author:kept", "other:kept", "other:kept", "cannot meet"),
            ("author:kept", "acknowledged", "acknowledged", "is not acknowledged"),
            ("author:kept", "somebody:kept", "somebody", "whom a condition is about"),
            ("author:kept", "side:nobody", "side:nobody", "no such side"),
            ("author:kept", "lifted\", \"author:lost@earlier", "lost", "no such act"),
            ("author:kept", "kept", "when", "a condition is"),
            ("when = [\"author:kept\", \"side:other\"]\n", "", "\"done\"", "has conditions"),
            ("field = \"day\"", "field = \"night\"", "night", "no such field"),
            ("when = \"after\"", "when = \"before\"", "before", "one of on, after"),
            ("schema = \"list\"", "schema = \"table\"", "table", "one of note, list"),
            ("schema = \"list\"", "schema = \"note\"", "note", "has no items"),
            ("holds = [\"one\"]", "holds = [\"two\"]", "two", "no such practice"),
            ("practice = \"one\"\nrows", "practice = \"two\"\nrows", "two", "no such practice"),
            ("turn = \"each\"", "turn = \"all\"", "all", "one of each"),
            ("\"text\", \"doc", "\"prose\", \"doc", "prose", "a step writes"),
            ("document:list", "document:table", "table", "a step writes"),
            ("new:one", "new:two", "two", "a step writes"),
            ("hints = [\"blame\"]\n[[guide.step]]", "hints = [\"none\"]\n[[guide.step]]", "none", "no such hint"),
            ("id = \"second\"", "id = \"first\"", "\"first\"", "a second step"),
            ("first/both:done", "third/both:done", "third", "an earlier step"),
            ("first/both:done", "first/all:done", "all:done", "who is one of"),
            ("first/both:done", "first", "gate", "a gate is"),
            ("en = [\"because of you\"], ", "", "words", "each language"),
            ("because", "Because", "words", "lower-case"),
        ],
    );
    let common = "[[act]]\nid = \"kept\"\nby = \"each\"\non = \"entry\"\n";
    let error = compile(&format!("{FACETS}{common}")).expect_err("refused");
    assert!(error.contains("every practice has an act"), "{error}");
}

#[test]
fn bad_tables_of_asks_are_refused_by_file_and_line() {
    refused(
        ASK,
        &[
            ("from = [\"asked\"]", "from = [\"nowhere\"]", "nowhere", "states of this practice"),
            ("from = [\"asked\"]\n", "", "\"answer\"", "`from`, `to` and `rank`"),
            ("to = \"answered\"", "to = \"nowhere\"", "nowhere", "a state of this practice"),
            ("rank = \"answer\"\n", "", "\"answer\"", "`from`, `to` and `rank`"),
            ("to = \"answered\"\n", "", "\"answer\"", "`from`, `to` and `rank`"),
            ("rank = \"answer\"", "rank = \"first\"", "first", "one of ask, counter"),
            ("when = [\"picked\"]", "when = [\"both\"]", "both", "one of mutually_acceptable, picked"),
            ("when = [\"picked\"]\n", "", "of = ", "of which it is a kind"),
            ("of = \"answered\"", "of = \"nowhere\"", "nowhere", "of which it is a kind"),
            ("of = \"answered\"\n", "", "picked", "only a state that is `of` another"),
            ("of = \"answered\"\nwhen = [\"picked\"]\n", "", "\"agreed\"", "nothing leads to this state"),
            ("rate = \"rate\"", "rate = \"answer\"", "rate = ", "on an alternative"),
            ("rating = 1", "rating = 2", "rating = 2", "a choice of works"),
            ("slot = 1", "slot = 2", "slot = 2", "the act that offers"),
            ("id = \"agreed\"", "id = \"asked\"", "\"asked\"", "a second state"),
            ("from = [\"*\"]", "from = [\"asked\"]", "[[practice]]", "can withdraw in every state"),
            ("by = \"author\"\non", "by = \"other\"\non", "[[practice]]", "can withdraw in every state"),
        ],
    );
}

#[test]
fn bad_series_are_refused_by_file_and_line() {
    let series = r#"
[[practice]]
id = "walk"
version = 1
shape = "series"
writers = "both"
rows = [59]
test = "life_of_walk"
field = [
    { number = 1, name = "rule", type = "rule" },
    { number = 2, name = "start", type = "date" },
]
act = [
    { id = "move", by = "each", on = "occurrence", field = [{ number = 3, name = "day", type = "date" }] },
    { id = "skip", by = "each", on = "occurrence" },
    { id = "happened", by = "each", on = "occurrence" },
]
"#;
    refused(
        series,
        &[
            ("\"start\"", "\"begin\"", "shape", "`start` and `rule`"),
            ("\"day\"", "\"when\"", "shape", "with a field `day`"),
            ("id = \"skip\"", "id = \"leave_out\"", "shape", "`skip` and `happened`"),
        ],
    );
    assert!(compile(series).is_ok_and(|out| out.contains("date: 3") && out.contains("start: 2, rule: 1, time: 0")));
}

#[test]
fn what_must_not_be_asked_is_refused_by_file_and_line() {
    for word in
        ["proof_of_love", "screenshot", "her_location", "last_seen", "trust_score", "days_in_streak", "phone_pin"]
    {
        for (good, part) in [(ONE, "name = \"text\""), (FACETS, "id = \"kept\"")] {
            let (key, _) = part.split_once(" = ").expect("a key");
            let error = compile(&good.replacen(part, &format!("{key} = \"{word}\""), 1)).expect_err(word);
            assert!(error.starts_with("core/practices/family.toml:") && error.contains("may not stand"), "{error}");
        }
        let choice = compile(&CONTENT.replace("\"other\"", &format!("\"{word}\"")));
        assert!(choice.expect_err(word).contains("may not stand"), "{word}");
    }
    for fine in ["seen_differently", "proofread_together", "accounting", "reading"] {
        compile(&ONE.replacen("name = \"text\"", &format!("name = \"{fine}\""), 1)).expect(fine);
    }
}

#[test]
fn bad_content_is_refused_by_file_and_line() {
    refused(
        CONTENT,
        &[
            ("practice = \"deal\"\ncategory", "practice = \"no\"\ncategory", "\"no\"", "no such practice"),
            ("id = \"open_books\"\npractice", "id = \"closed\"\npractice", "closed", "does not offer it"),
            ("category = \"money\"", "category = \"chores\"", "chores", "a category"),
            ("id = \"walk\"\npractice", "id = \"sit\"\npractice", "practice = \"deal\"", "whose field `card`"),
            ("depth = 1", "depth = 4", "depth", "3 is deep"),
            ("leaving_is_quiet", "Leaving", "Leaving", "the name of a test"),
            ("number = 1\nwhat", "number = 2\nwhat", "number = 2", "1 comes here"),
            ("A first row.", "A first row", "A first row", "one short sentence"),
            ("kind = \"crisis\"", "kind = \"gossip\"", "gossip", "one of emergency"),
            ("source = \"https://example.org/line\"\n", "", "[[region.entry]]", "missing field `source`"),
            ("https://example.org/line", "", "source", "the public page"),
            ("https://example.org/line", "from memory", "source", "the public page"),
            ("checked = 2026-11-22\n", "", "[[region.entry]]", "missing field `checked`"),
            ("checked = 2026-11-22", "checked = 12:00:00", "checked", "the day on which"),
            ("contact = \"a number\"", "contact = \" \"", "contact", "what the page says"),
        ],
    );
}
