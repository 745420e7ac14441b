//! Words as people type them: common ones often, rare ones seldom, so that they compress and repeat as real text does.

use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

/// Most frequent first.
const VOCABULARY: &str = "the to and I you a it of that we in is for was on with me my be so this have not but your when \
at are do if us as about can just more what time or will day need from feel know want then would like out how our all had \
there one them been good much up talk really think after before evening morning work kids help home today tomorrow week \
because maybe together little still felt thank sorry tired quiet phone dinner call walk money plan weekend listen minute \
alone space angry calm asked said heard trust promise remember always never sometimes cooking laundry dishes parents \
mother school trip budget friends birthday garden holiday sleep bed early late proud happy worried sad relieved patient \
interrupted apologise appreciate hug coffee train rain car doctor appointment silence argument pause agreement review \
boundary repair gentle honest curious grateful overwhelmed disappointed encouraged neighbours groceries screen headphones";

/// A seeded source of choices and of sentences.
pub struct Words {
    random: ChaCha20Rng,
    vocabulary: Vec<&'static str>,
}

impl Words {
    pub(super) fn new(random: ChaCha20Rng) -> Self {
        Self { random, vocabulary: VOCABULARY.split_whitespace().collect() }
    }

    /// A number below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.random.next_u64() % bound).unwrap_or(0)
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True so many times in a thousand.
    pub fn chance(&mut self, permille: usize) -> bool {
        self.below(1000) < permille
    }

    /// One word; the earlier in the vocabulary, the likelier.
    pub fn word(&mut self) -> &'static str {
        let count = self.vocabulary.len();
        // The smallest of two draws prefers common words, about as language does.
        let (one, other, another) = (self.below(count), self.below(count), self.below(count));
        self.vocabulary.get(one.min(other).min(another)).copied().unwrap_or("and")
    }

    /// Words until there are at least `characters` of them.
    pub fn text(&mut self, characters: usize) -> String {
        let mut text = String::with_capacity(characters + 16);
        while text.len() < characters {
            let end = if self.chance(80) { ". " } else { " " };
            text.push_str(self.word());
            text.push_str(end);
        }
        text.truncate(text.trim_end().len());
        text
    }
}
