"""What an instance takes: a text is measured, and parted, by its own rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from fedichat.domain.posts import drafts, readers
from fedichat.domain.posts.drafts import Draft
from fedichat.domain.posts.post import Post
from fedichat.domain.posts.splitting import split
from fedichat.domain.tickets.mention import Status
from fedichat.errors import Refusal, StopError, TryLater
from fedichat.ports import Fediverse, Limits


@dataclass(frozen=True, slots=True)
class Ruler:
    """Measures a text by an instance's own rule."""

    fediverse: Fediverse
    limits: Limits

    @classmethod
    async def of(cls, fediverse: Fediverse, *, in_full: bool = False) -> "Ruler":
        """By the instance's limits; by Mastodon's usual ones while it cannot be asked: it will refuse by itself.

        `in_full`: it was seen to count addresses in full, whatever it announces.
        """
        try:
            limits = await fediverse.limits()
        except (TryLater, StopError):
            limits = Limits()
        return cls(fediverse, replace(limits, url_characters=None) if in_full else limits)

    @classmethod
    def strictest(cls, rulers: Sequence["Ruler"]) -> "Ruler":
        """By what every one of several instances takes."""
        limits = [one.limits for one in rulers]
        types = [one.media_types for one in limits if one.media_types is not None]
        urls = [one.url_characters for one in limits]
        longest_url = None if None in urls else max(url for url in urls if url is not None)
        narrowest = min(rulers, key=lambda ruler: ruler.limits.characters)
        common = replace(
            limits[0],
            url_characters=longest_url,
            characters=narrowest.limits.characters,
            attachments=min(one.attachments for one in limits),
            alt_characters=min(one.alt_characters for one in limits),
            image_bytes=min(one.image_bytes for one in limits),
            video_bytes=min(one.video_bytes for one in limits),
            media_types=frozenset.intersection(*types) if types else None,
            mixes_media=all(one.mixes_media for one in limits),
            tags_within_words=any(one.tags_within_words for one in limits),
        )
        return cls(narrowest.fediverse, common)

    def length(self, text: str, content_warning: str) -> int:
        """How many characters a status counts as."""
        return self.fediverse.length(text, self.limits, content_warning)

    def check_readers(self, post: Post, status: Status) -> None:
        """Refuse an answer that says nothing, or that tags somebody who may not read it, by the instance's rule."""
        readers.check_readers(
            post.text,
            status,
            post.visibility,
            content_warning=post.content_warning,
            within_words=self.limits.tags_within_words,
        )

    def fitted(self, post: Post, accts: Sequence[str]) -> Post:
        """The post in as many parts as the instance's limit asks for, each tagging those `accts`."""
        readers.check_showable(post.text)  # before anything is counted: that takes its time
        limit = self.limits.characters
        parts: tuple[str, ...] = ()
        if self.length(post.text, post.content_warning) > limit:
            measure = partial(self.length, content_warning=post.content_warning)
            parts = split(post.text, accts, measure, limit)
        fitted = replace(post, parts=parts)
        readers.check_showable(*fitted.texts, post.content_warning, *(one.alt for one in post.attachments))
        return fitted

    def changed(self, target: Post, draft: Draft) -> Post:
        """The published post as it would read. Refuses what the instance would not take or not do."""
        readers.check_showable(target.text, draft.text)  # before anything is counted: that takes its time
        post = drafts.edited(target, draft, within_words=self.limits.tags_within_words)
        if post.content_warning != target.content_warning and not self.limits.edits_warnings:
            raise Refusal(
                "The instance changes only the text of what is published; the content warning stays as it is. Please "
                "leave out --cw, or change it at the instance itself."
            )
        length, limit = self.length(post.text, post.content_warning), self.limits.characters
        if length > limit:
            raise Refusal(
                "That is too long by {over}: {length} of {limit} characters, mentions included. No preview was made; "
                "please shorten the text.",
                over=length - limit,
                length=length,
                limit=limit,
            )
        alts = [one.alt for one in target.attachments]
        readers.check_showable(target.text, post.text, target.content_warning, post.content_warning, *alts)
        return post
