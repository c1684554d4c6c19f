package parley.client

import java.time.OffsetDateTime
import java.util.UUID
import kotlinx.serialization.Contextual
import kotlinx.serialization.Serializable
import parley.client.models.SignInResult
import parley.client.models.TokenPair

/** Who is signed in, and with which tokens. */
@Serializable
data class Tokens(
    @Contextual val userId: UUID,
    val accessToken: String,
    val refreshToken: String,
    @Contextual val expiresAt: OffsetDateTime,
)

/** Keeps the tokens between two starts of the app. Both are called under a lock, and may block: not on the main thread. */
interface TokenStore {
    fun load(): Tokens?

    /** Keeps them durably before it returns: the old refresh token is of no use any more. Null: signed out. */
    fun save(tokens: Tokens?)
}

/** Forgets everything with the process. */
class MemoryTokenStore(private var tokens: Tokens? = null) : TokenStore {
    override fun load(): Tokens? = tokens

    override fun save(tokens: Tokens?) {
        this.tokens = tokens
    }
}

internal fun SignInResult.toTokens() = Tokens(user.id, accessToken, refreshToken, endOf(expiresIn))

internal fun TokenPair.toTokens(userId: UUID) = Tokens(userId, accessToken, refreshToken, endOf(expiresIn))

private fun endOf(expiresIn: Long) = OffsetDateTime.now().plusSeconds(expiresIn)
