package parley.example

import java.io.File
import parley.client.ParleyJson
import parley.client.TokenStore
import parley.client.Tokens

// region token-store
/** In a file of the app's own: `FileTokenStore(File(context.noBackupFilesDir, "tokens.json"))`. */
class FileTokenStore(private val file: File) : TokenStore {
    override fun load(): Tokens? =
        if (file.exists()) ParleyJson.decodeFromString<Tokens>(file.readText()) else null

    override fun save(tokens: Tokens?) {
        if (tokens == null) {
            file.delete()
            return
        }
        // A crash leaves either the old tokens or the new ones.
        val fresh = File(file.path + ".new")
        fresh.writeText(ParleyJson.encodeToString(tokens))
        check(fresh.renameTo(file)) { "the tokens could not be kept" }
    }
}
// endregion
