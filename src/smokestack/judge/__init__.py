"""Pure judgement: observations and expectations in, a `Judgement` out; asks no server."""
