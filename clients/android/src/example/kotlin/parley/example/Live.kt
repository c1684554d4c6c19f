package parley.example

import androidx.lifecycle.Lifecycle
import androidx.lifecycle.LifecycleOwner
import androidx.lifecycle.lifecycleScope
import androidx.lifecycle.repeatOnLifecycle
import kotlinx.coroutines.launch
import parley.client.Parley
import parley.client.SyncStore
import parley.client.Synchronizer
import parley.client.models.PresenceEvent
import parley.client.models.TypingEvent

// region live
/** While the app is in front: connected, and its store equal to the server. Call it once, for `ProcessLifecycleOwner.get()`. */
fun stayLive(app: LifecycleOwner, parley: Parley, store: SyncStore) {
    app.lifecycleScope.launch {
        app.repeatOnLifecycle(Lifecycle.State.STARTED) {
            launch { Synchronizer(parley, store).run() }
            launch { parley.realtime.run() }
        }
    }
}
// endregion

// region passing-events
/** What passes and is not stored. Typing ends by itself after 5 s without another one. */
suspend fun watch(parley: Parley, onTyping: (TypingEvent) -> Unit, onPresence: (PresenceEvent) -> Unit) {
    parley.realtime.events.collect { event ->
        when (event) {
            is TypingEvent -> onTyping(event)
            is PresenceEvent -> onPresence(event)
            else -> Unit
        }
    }
}
// endregion
