//! Frames, limits and error codes spoken between Amends phones and their relay.
