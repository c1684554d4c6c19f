package parley.client

import java.util.UUID
import parley.client.models.ChatCreatedEvent
import parley.client.models.ChatNumbers
import parley.client.models.ChatUpdatedEvent
import parley.client.models.ErrorEvent
import parley.client.models.GroupMemberAddedEvent
import parley.client.models.GroupMemberRemovedEvent
import parley.client.models.MediaUpdatedEvent
import parley.client.models.MessageDeletedEvent
import parley.client.models.MessageEditedEvent
import parley.client.models.MessageNewEvent
import parley.client.models.MessageReactionEvent
import parley.client.models.MessageSentEvent
import parley.client.models.MessageStarredEvent
import parley.client.models.MessageStatusEvent
import parley.client.models.PresenceEvent
import parley.client.models.ServerEvent
import parley.client.models.SyncResult
import parley.client.models.TypingEvent
import parley.client.models.UnknownEvent
import parley.client.models.UserUpdatedEvent

/** The counters that an event raised: mostly one. */
internal class Number(
    val chatId: UUID? = null,
    val version: Long? = null,
    val stateVersion: Long? = null,
    val userVersion: Long? = null,
)

/** Null: the event passes, and nothing keeps it. */
internal fun ServerEvent.number(): Number? = when (this) {
    is MessageNewEvent -> Number(data.chatId, version = data.version)
    is MessageSentEvent -> Number(data.chatId, version = data.version)
    is MessageEditedEvent -> Number(data.chatId, version = data.version)
    is MessageReactionEvent -> Number(data.chatId, version = data.version)
    is MessageDeletedEvent -> Number(data.chatId, version = data.version, userVersion = data.userVersion)
    is MediaUpdatedEvent -> data.version?.let { Number(data.chatId, version = it) }
    is MessageStatusEvent -> Number(data.chatId, stateVersion = data.stateVersion)
    is MessageStarredEvent -> Number(userVersion = data.userVersion)
    is ChatCreatedEvent -> Number(data.chatId, stateVersion = data.stateVersion, userVersion = data.userVersion)
    is ChatUpdatedEvent -> Number(data.chatId, stateVersion = data.stateVersion, userVersion = data.userVersion)
    is GroupMemberAddedEvent -> Number(data.chatId, stateVersion = data.stateVersion, userVersion = data.userVersion)
    is GroupMemberRemovedEvent -> Number(data.chatId, stateVersion = data.stateVersion, userVersion = data.userVersion)
    is UserUpdatedEvent -> Number(userVersion = data.userVersion)
    is TypingEvent, is PresenceEvent, is ErrorEvent, is UnknownEvent -> null
}

internal enum class Place { KNOWN, NEXT, GAP }

/**
 * Whether a number is the next one. What an event does not tell in full counts as a gap, so that it is fetched: a chat that is not held, and an event
 * that raised two counters (a chat that came or went).
 */
internal fun Held.place(number: Number): Place {
    val chat = number.chatId?.let { chats[it.toString()] }
    val pairs = buildList {
        number.version?.let { add(chat?.version to it) }
        number.stateVersion?.let { add(chat?.stateVersion to it) }
        number.userVersion?.let { add(user to it) }
    }
    return when {
        pairs.all { (known, told) -> known != null && told <= known } -> Place.KNOWN
        pairs.size > 1 -> Place.GAP
        pairs.all { (known, told) -> known != null && told == known + 1 } -> Place.NEXT
        else -> Place.GAP
    }
}

/** The numbers after an event whose place is [Place.NEXT]. */
internal fun Held.with(number: Number): Held {
    if (number.userVersion != null) return copy(user = number.userVersion)
    val id = number.chatId.toString()
    val before = chats.getValue(id)
    val after = ChatNumbers(number.version ?: before.version, number.stateVersion ?: before.stateVersion)
    return copy(chats = chats + (id to after))
}

/** The numbers after a page: they go into the next call. Chats that are gone are asked for no more. */
internal fun Held.after(page: SyncResult): Held {
    val told = page.chats.filterNot { it.removed }.associate { it.chatId.toString() to ChatNumbers(it.version, it.stateVersion) }
    val gone = page.chats.filter { it.removed }.map { it.chatId.toString() }.toSet()
    return Held(page.user.version, chats - gone + told)
}
