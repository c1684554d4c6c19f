package parley.client

import java.io.IOException
import java.util.UUID
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import kotlinx.serialization.Serializable
import parley.client.models.ChatNumbers
import parley.client.models.ServerEvent
import parley.client.models.SyncRequest
import parley.client.models.SyncResult

/** Up to which numbers everything is held (contract section 2, Sync). Keep it with what it is about. */
@Serializable
data class Held(val user: Long? = null, val chats: Map<String, ChatNumbers> = emptyMap())

/** Where the app keeps chats and messages. Called by one coroutine. */
interface SyncStore {
    /** As it was given last; `Held()` in the beginning. */
    suspend fun held(): Held

    /**
     * Stores a page and the numbers in one transaction. `reset` of a chat, or of the user, means: forget what is held of it before. Applying a page
     * twice changes nothing.
     */
    suspend fun apply(page: SyncResult, held: Held)

    /** Stores what an event tells and the numbers in one transaction. */
    suspend fun apply(event: ServerEvent, held: Held)
}

/**
 * Keeps a store equal to the server: fetches what changed after every connect, takes events whose number is the next one, passes over repetitions,
 * and fetches where a number is missing.
 */
class Synchronizer(private val parley: Parley, private val store: SyncStore) {
    private lateinit var held: Held

    /** Works until it is cancelled. [Realtime.run] runs beside it. */
    suspend fun run() {
        held = store.held()
        val connects = parley.realtime.connections.filter { it > 0 }.map { null }
        merge(connects, parley.realtime.events).collect { event -> if (event == null) catchUp() else take(event) }
    }

    /**
     * Fetches all pages of what changed; of one chat where it is named. Goes on trying: what is missed here is told by no event again. Ends where nobody
     * is signed in any more.
     */
    private suspend fun catchUp(chatId: UUID? = null) {
        var failures = 0
        while (true) {
            try {
                val page = parley.sync.sync(requestFor(chatId))
                held = held.after(page)
                store.apply(page, held)
                failures = 0
                if (!page.hasMore) return
            } catch (problem: IOException) {
                if (problem is ParleyException && problem.status == 401) return
                if (problem is ParleyException && problem.status < 429) throw problem
                delay((problem as? ParleyException)?.retryAfter ?: backOff(failures++))
            }
        }
    }

    private fun requestFor(chatId: UUID?): SyncRequest {
        val chats = if (chatId == null) held.chats else held.chats.filterKeys { it == chatId.toString() }
        return SyncRequest(held.user, chats)
    }

    private suspend fun take(event: ServerEvent) {
        val number = event.number() ?: return
        when (held.place(number)) {
            Place.KNOWN -> return
            Place.GAP -> catchUp(number.chatId)
            Place.NEXT -> {
                held = held.with(number)
                store.apply(event, held)
            }
        }
    }
}
