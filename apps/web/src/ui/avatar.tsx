import { useClient } from '@parley/sdk/react';
import { useState } from 'react';
import { colourOf } from '../lib/colours.ts';
import { cx } from '../lib/cx.ts';
import { initials } from '../lib/names.ts';
import styles from './avatar.module.css';

export interface AvatarProps {
  /** The user's id, or the group's chat id: it decides on the colour. */
  readonly id: string;
  readonly name: string;
  /** As the server tells it; empty for none. */
  readonly url?: string | undefined;
  /** Pixels. */
  readonly size?: number | undefined;
  readonly online?: boolean | undefined;
}

/** Somebody's photo, or their initials in their colour. The name stands beside it, so it says nothing itself. */
export function Avatar({ id, name, url = '', size = 44, online = false }: AvatarProps) {
  const client = useClient();
  const [broken, setBroken] = useState<string | null>(null);
  const style = { inlineSize: size, blockSize: size, fontSize: size * 0.38 };
  return (
    <span className={cx(styles.avatar, styles[`colour${colourOf(id)}`])} style={style} aria-hidden="true">
      {url && broken !== url ? (
        <img
          className={styles.image}
          src={client.resolve(url)}
          alt=""
          width={size}
          height={size}
          loading="lazy"
          onError={() => setBroken(url)}
        />
      ) : (
        initials(name)
      )}
      {online && <span className={styles.online} />}
    </span>
  );
}
