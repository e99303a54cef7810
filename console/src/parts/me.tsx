import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, type ReactElement, type ReactNode } from 'react';
import { get, Refusal, setCsrf } from '../api/client';

export interface Me {
  account: string;
  name?: string;
  roles: string[];
  permissions: string[];
  csrfToken?: string;
  mustChangePassword: boolean;
  sessionState?: string;
}
interface Known {
  me: Me | undefined;
  loading: boolean;
  error: unknown;
  may: (permission: string) => boolean;
  again: () => void;
}
const Context = createContext<Known>({ me: undefined, loading: true, error: undefined, may: () => false, again: () => undefined });
export const useMe = (): Known => useContext(Context);

// Who is signed in; undefined and no error: nobody.
export function MeProvider({ children }: { children: ReactNode }): ReactElement {
  const found = useQuery({
    queryKey: ['me'],
    retry: false,
    queryFn: async () => {
      try {
        const me = await get<Me>('/api/v1/auth/me');
        setCsrf(me.csrfToken);
        return me;
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) return null;
        throw error;
      }
    },
  });
  const me = found.data ?? undefined;
  const may = (permission: string): boolean => permission === '-' || (me?.permissions.includes(permission) ?? false);
  return <Context.Provider value={{ me, loading: found.isPending, error: found.error, may, again: () => void found.refetch() }}>{children}</Context.Provider>;
}
