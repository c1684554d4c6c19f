package parley.example

import java.io.IOException
import java.util.UUID
import parley.client.Parley
import parley.client.ParleyException
import parley.client.models.ErrorCode

// region errors
suspend fun openChat(parley: Parley, id: UUID): String = try {
    parley.chats.getChat(id).name
} catch (refusal: ParleyException) {
    when (refusal.code) {
        ErrorCode.CHAT_NOT_FOUND -> "This chat is not there (any more)"
        ErrorCode.TOO_MANY_REQUESTS -> "Try again in ${refusal.retryAfter}"
        ErrorCode.VALIDATION_ERROR -> refusal.details.joinToString { "${it.path} ${it.message}" }
        ErrorCode.UNAUTHORIZED, ErrorCode.TOKEN_INVALID, ErrorCode.TOKEN_EXPIRED -> "Sign in again"
        else -> "${refusal.message} (${refusal.requestId})"
    }
} catch (_: IOException) {
    "No connection"
}
// endregion
